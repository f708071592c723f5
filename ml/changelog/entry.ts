/** The changelog's entry for one run, as Markdown (method §6.4). The same facts always give the same text. */
import { OTHER_MODELS, type Evaluation, type Parity, type Share, type Timing } from '../../configs/schema/evaluation.js';
import type { Manifest } from '../../configs/schema/manifest.js';
import type { Override, SettingsFile } from '../../configs/schema/plan.js';

export interface EntryFacts {
  readonly manifest: Manifest;
  readonly evaluation: Evaluation;
  readonly parity: Parity;
  readonly settings: readonly SettingsFile[];
  /** What `--set` changed of these files. */
  readonly overrides: readonly Override[];
}

export function changelogEntry({ manifest, evaluation, parity, settings, overrides }: EntryFacts): string {
  const rows: Rows = [
    ['Version', manifest.version],
    ['Trained', `${manifest.trainedAt}, ${manifest.backbone}`],
    ['Began from', manifest.weights === 'random' ? 'random weights' : manifest.weights],
    ['Dataset', `\`${manifest.datasetHash}\``],
    ['Pairs', manifest.synthetic ? 'synthetic: made by `emo-aen sample`, not judged by people' : 'judged by people'],
    ['Pairwise accuracy (test)', accuracyText(evaluation.pairwiseAccuracy)],
    ['Kendall tau-b (test)', evaluation.kendallTauB === null ? 'undefined' : evaluation.kendallTauB.toFixed(3)],
    ['Loss (test)', `${evaluation.loss.value.toFixed(4)} (${evaluation.loss.kind})`],
    ['Latency of the network', `${evaluation.latency.medianMs.toFixed(1)} ms a photo, ${evaluation.device}`],
    ...exportRows(parity),
    ...settings.map(({ path, sha256 }) => ['Settings', `\`${path}\` \`${sha256}\``] as const),
    ...overrides.map(({ path, value }) => ['Set by hand', `\`${path}=${JSON.stringify(value)}\``] as const),
  ];
  return [
    `## ${manifest.version}: run ${manifest.run}, ${manifest.trainedAt.slice(0, 10)}`,
    '',
    '| what | value |',
    '| --- | --- |',
    ...rows.map(([what, value]) => `| ${what} | ${inCell(value)} |`),
  ].join('\n');
}

type Rows = readonly (readonly [what: string, value: string])[];

function exportRows({ models, fp32Accuracy, latency, bytes }: Parity): Rows {
  const titles = { 'onnx-int8': 'INT8', 'onnx-int8-weights': 'Weight-only INT8' } as const;
  const others = OTHER_MODELS.map((name) => ({ title: titles[name], ...models[name] }));
  const ms = (model: Timing['model']): string =>
    latency.timings.find((timing) => timing.model === model && timing.threads === 1)?.p50Ms.toFixed(1) ?? '?';
  return [
    ...others.map(
      ({ title, cosine, errorOverVariance, pairsAlike, allPairsAlike }) =>
        [
          `${title} against FP32`,
          `embedding cosine ${cosine.median.toFixed(4)} (5th percentile ${cosine.fifth.toFixed(4)}), error ${errorOverVariance.toPrecision(2)} of the variance between photos, ${percent(pairsAlike)} of good and bad pairs and ${percent(allPairsAlike)} of all pairs ranked alike`,
        ] as const,
    ),
    ['Accuracy FP32', fp32Accuracy.value.toFixed(3)],
    ...others.map(
      ({ title, accuracy, accuracyDrop: drop }) =>
        [
          `Accuracy ${title}`,
          `${accuracy.value.toFixed(3)} (drop ${drop.value.toFixed(3)}, interval ${drop.low.toFixed(3)} to ${drop.high.toFixed(3)})`,
        ] as const,
    ),
    [
      'Latency of the exports',
      `FP32 ${ms('onnx')} ms, INT8 ${ms('onnx-int8')} ms, weight-only INT8 ${ms('onnx-int8-weights')} ms a photo, ${latency.runtime}, one thread, ${latency.processor}`,
    ],
    [
      'Size',
      `FP32 ${megabytes(bytes.onnx)}, INT8 ${megabytes(bytes['onnx-int8'])}, weight-only INT8 ${megabytes(bytes['onnx-int8-weights'])}`,
    ],
  ];
}

/** Accuracy with its interval: what the entry must name and the checklist looks for. */
export function accuracyText({ value, low, high, count }: Share): string {
  return `${value.toFixed(3)} (interval ${low.toFixed(3)} to ${high.toFixed(3)}, ${count} pairs)`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A bar or a line break would end a table's cell. */
function inCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}
