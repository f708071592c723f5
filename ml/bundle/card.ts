/** The model card: what a person must know before using a version, as Markdown. Model Cards for Model Reporting, Mitchell et al. (2019). */
import type { Share } from '../../configs/schema/evaluation.js';
import type { Manifest } from '../../configs/schema/manifest.js';

export function modelCard(manifest: Manifest): string {
  const { version, run, trainedAt, metrics } = manifest;
  return [
    `# emo-aen ${version}`,
    '',
    'Scores a photo in [-1, 1]; of two photos the one with the higher score is the better one. Only the order of scores means something.',
    '',
    '## What it is',
    '',
    ...table(
      ['what', 'value'],
      [
        ['Network', manifest.backbone],
        ['Trained', `${trainedAt}, run ${run}`],
        ['Began from', manifest.weights === 'random' ? 'random weights' : manifest.weights],
        ['Licence', manifest.licence ?? 'not stated'],
        ['Dataset', `\`${manifest.datasetHash}\``],
        ['Pairs', manifest.synthetic ? 'synthetic: made by `emo-aen sample`, not judged by people' : 'judged by people'],
        ['Commit', manifest.gitCommit === null ? 'none' : `\`${manifest.gitCommit}\``],
      ],
    ),
    '',
    '## How good it is',
    '',
    ...table(
      ['on the test split', 'value'],
      [
        ['Pairwise accuracy', shareText(metrics.pairwiseAccuracy)],
        ['Kendall tau-b', metrics.kendallTauB?.toFixed(3) ?? 'undefined'],
      ],
    ),
    '',
    '## Files',
    '',
    ...table(
      ['file', 'for', 'size', 'pairwise accuracy', 'median ms a photo'],
      manifest.files.map(({ path, runtimes, bytes, accuracy, latency }) => [
        `\`${path}\``,
        runtimes.length === 0 ? 'training' : runtimes.join(', '),
        `${(bytes / 1e6).toFixed(1)} MB`,
        accuracy === null ? 'not measured' : shareText(accuracy),
        latency.map(({ p50Ms, runtime, threads, device }) => `${p50Ms.toFixed(1)} (${runtime}, ${threads} thread, ${device})`).join('; '),
      ]),
    ),
    '',
    'Scores of one file are judged by what its own scores are on the test photos:',
    '',
    ...table(
      ['file', 'order right in 90 % of pairs', 'scores of the middle half'],
      manifest.files
        .filter(({ runtimes }) => runtimes.length > 0)
        .map(({ path, close, scores }) => [
          `\`${path}\``,
          close === null ? 'not known' : `from a difference of ${close.margin.toFixed(3)}`,
          scores === null ? 'not known' : `${fixed(scores.all[5])} to ${fixed(scores.all[15])}`,
        ]),
    ),
    '',
    '## What it is not for',
    '',
    manifest.synthetic
      ? 'It learned to tell degraded photos from sound ones. It says nothing about taste.'
      : 'It learned the taste of those who judged its pairs, within scenes like theirs. Scores of photos of different scenes compare less surely.',
    'It judges no person in a photo, and was not tested for differences between groups of people.',
    '',
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

function shareText({ value, low, high, count }: Share): string {
  return `${value.toFixed(3)} (interval ${low.toFixed(3)} to ${high.toFixed(3)}, ${count} pairs)`;
}

function fixed(score: number | undefined): string {
  return score?.toFixed(3) ?? '';
}
