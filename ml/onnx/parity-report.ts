/** The parity report for people, as Markdown. The same facts always give the same text. */
import type { Agreement, Latency, Parity, OtherModel, Timing } from '../../configs/schema/evaluation.js';
import type { ExportSettings } from '../../configs/schema/export.js';
import { digits, keeps, MODELS, ROWS } from './limits.js';

const TITLES: Readonly<Record<Timing['model'], string>> = { onnx: 'FP32', 'onnx-int8': 'INT8', 'onnx-int8-weights': 'weight-only INT8' };

export function parityReport(parity: Parity, limits: ExportSettings['parity']): string {
  const kept = keeps(parity.fp32ScoreError, 'at most', limits.fp32ScoreError);
  return [
    '# Parity of the exported models',
    '',
    `The whole test split: ${parity.photos} photos, ${parity.pairs} pairs of a good and a bad one. Pairwise accuracy of FP32: ${share(parity.fp32Accuracy)}.`,
    '',
    `Largest difference of an FP32 score from the trained network: ${digits(parity.fp32ScoreError)}, limit at most ${limits.fp32ScoreError}: ${verdict(kept)}.`,
    ...(Object.keys(MODELS) as OtherModel[]).flatMap((name) => section(name, parity.models[name], limits)),
    '',
    '## Size',
    '',
    ...table(
      ['model', 'bytes', 'share of FP32'],
      Object.entries(parity.bytes).map(([name, bytes]) => [
        TITLES[name as Timing['model']],
        String(bytes),
        (bytes / parity.bytes.onnx).toFixed(3),
      ]),
    ),
    '',
    '## Latency on a desktop',
    '',
    `${parity.latency.runtime}, ${parity.latency.processor}, one photo at a time, warm; ${measured(parity.latency)}. Ratios hold on a noisy machine, milliseconds do not. Memory is that of the whole process.`,
    '',
    ...timings(parity.latency.timings),
    ...browser(parity.latency),
    '',
  ].join('\n');
}

function section(name: OtherModel, agreement: Agreement, limits: ExportSettings['parity']): string[] {
  const { title, limits: key } = MODELS[name];
  const { accuracy, accuracyDrop } = agreement;
  return [
    '',
    `## ${title} against FP32`,
    '',
    ...table(
      ['what', 'value', 'limit', ''],
      ROWS.map(({ limit, what, of, bound }) => [
        what,
        digits(of(agreement)),
        `${bound} ${limits[key][limit]}`,
        verdict(keeps(of(agreement), bound, limits[key][limit])),
      ]),
    ),
    '',
    `Pairwise accuracy ${share(accuracy)}; lost ${digits(accuracyDrop.value)} (interval ${digits(accuracyDrop.low)} to ${digits(accuracyDrop.high)}). Least cosine ${digits(agreement.cosine.least)}.`,
    '',
    ...table(
      ['layers that add most error', 'added', 'error over variance'],
      agreement.worstLayers.map(({ layer, added, errorOverVariance }) => [`\`${layer}\``, digits(added), digits(errorOverVariance)]),
    ),
    '',
    ...table(
      ['photos that differ most', 'error over variance'],
      agreement.worstPhotos.map(({ file, errorOverVariance }) => [`\`${file.replaceAll('|', '\\|')}\``, digits(errorOverVariance)]),
    ),
  ];
}

function browser({ browser: slow }: Latency): string[] {
  if (slow === undefined) return [];
  const title = ['', '## Latency in a browser', ''];
  if ('missing' in slow) return [...title, `Not measured: ${slow.missing}.`];
  return [
    ...title,
    `${slow.browser}, ${slow.runtime}, ${slow.processor}, slowed down ${slow.cpuThrottling} times as a stand-in for a phone; ${measured(slow)}.`,
    '',
    ...timings(slow.timings),
  ];
}

function measured({ rounds, runs }: { readonly rounds: number; readonly runs: number }): string {
  return `${rounds === 1 ? '' : `${rounds} rounds of `}${runs} photos, models in turn`;
}

function timings(rows: readonly Timing[]): string[] {
  return table(
    ['model', 'threads', 'p50, ms', 'p95, ms', 'of FP32', 'load, ms', 'memory, MB'],
    rows.map(({ model, threads, p50Ms, p95Ms, ratio, loadMs, peakMegabytes }) => [
      TITLES[model],
      String(threads),
      p50Ms.toFixed(1),
      p95Ms.toFixed(1),
      ratio.toFixed(2),
      loadMs.toFixed(0),
      peakMegabytes?.toFixed(0) ?? 'not told',
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

function verdict(kept: boolean): string {
  return kept ? 'kept' : '**not kept**';
}

function share({ value, low, high }: Agreement['accuracy']): string {
  return `${value.toFixed(3)} (interval ${low.toFixed(3)} to ${high.toFixed(3)})`;
}
