/** The changelog's entry for one run, as Markdown (method §6.4). The same facts always give the same text. */
import type { Evaluation, Parity, Share } from '../../configs/schema/evaluation.js';
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
  const { int8Cosine, latency, bytes } = parity;
  const rows: readonly (readonly [what: string, value: string])[] = [
    ['Version', manifest.version],
    ['Trained', `${manifest.trainedAt}, ${manifest.backbone}`],
    ['Began from', manifest.weights === 'random' ? 'random weights' : manifest.weights],
    ['Dataset', `\`${manifest.datasetHash}\``],
    ['Pairs', manifest.synthetic ? 'synthetic: made by `emo-aen sample`, not judged by people' : 'judged by people'],
    ['Pairwise accuracy (test)', accuracyText(evaluation.pairwiseAccuracy)],
    ['Kendall tau-b (test)', evaluation.kendallTauB === null ? 'undefined' : evaluation.kendallTauB.toFixed(3)],
    ['Hinge loss (test)', evaluation.hingeLoss.toFixed(4)],
    [
      'INT8 against FP32',
      `embedding cosine ${int8Cosine.mean.toFixed(4)} (least ${int8Cosine.least.toFixed(4)}), ${percent(parity.pairsAlike)} of pairs ranked alike`,
    ],
    [
      'Accuracy FP32, INT8',
      `${parity.fp32Accuracy.value.toFixed(3)}, ${parity.int8Accuracy.value.toFixed(3)} (drop ${parity.accuracyDrop.toFixed(3)})`,
    ],
    ['Latency of the network', `${evaluation.latency.medianMs.toFixed(1)} ms a photo, ${evaluation.device}`],
    [
      'Latency of the exports',
      `FP32 ${latency.fp32Ms.toFixed(1)} ms, INT8 ${latency.int8Ms.toFixed(1)} ms a photo, onnxruntime, one thread`,
    ],
    ['Size', `FP32 ${megabytes(bytes.fp32)}, INT8 ${megabytes(bytes.int8)}`],
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
