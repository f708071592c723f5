/** Settings, tables and the product's own records. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { z } from 'zod';
import { check } from '../../../configs/load/check.js';
import { Diagnostics } from '../../../configs/load/diagnostics.js';
import { fileSource } from '../../../configs/load/located.js';
import { parseMap } from '../../../configs/load/parse.js';
import { Problem } from '../../../configs/problem.js';
import { DatasetSettings } from '../../../configs/schema/dataset.js';
import { ExportSettings } from '../../../configs/schema/export.js';
import { Ledger } from '../../../configs/schema/ledger.js';
import { Pipeline } from '../../../configs/schema/pipeline.js';
import { PreprocessSettings } from '../../../configs/schema/preprocess.js';
import { TrainSettings } from '../../../configs/schema/train.js';
import { readMetricsRows } from '../../../ml/archive/metrics-rows.js';
import { readManifest } from '../../../ml/bundle/read.js';
import { checkpointName, CheckpointFiles } from '../../../ml/engine/checkpoint-files.js';
import { readRows, type EpochRow, type StepRow } from '../../../ml/engine/metrics-log.js';
import { readRecord } from '../../../ml/files/record.js';
import { readDegradations } from '../../../ml/images/sample-record.js';
import { readScores } from '../../../ml/images/scores.js';
import { readSplits } from '../../../ml/images/splits-file.js';
import type { FoundPhoto } from '../../../ml/images/scan.js';
import { openLedger } from '../../../workflows/ledger.js';
import { inputOf, layered } from '../../workflows/plans.js';
import { LIMITS, type Parser } from '../parser.js';

const SCHEMAS: readonly z.ZodType[] = [TrainSettings, DatasetSettings, ExportSettings, PreprocessSettings, Pipeline];
const SETTINGS = ['train', 'dataset', 'export', 'preprocess', 'pipeline'].map((name) => join('configs', `${name}.yaml`));
const YAML_WORDS = [
  '&a ',
  '*a',
  '!!str ',
  '? ',
  '- ',
  ': ',
  '\t',
  '|\n',
  '>-\n',
  '<<: *a',
  '---\n',
  '...\n',
  '%YAML 1.2\n',
  '${matrix.k}',
  '{',
  '}',
  '[',
  ']',
  "'",
  '"',
  '#',
  '\r',
  '\ufeff',
];
const JSON_WORDS = ['{', '}', '[', ']', '"', ':', ',', '\\u0000', '\\ud800', '"__proto__":', '"version":', '"scenes":', '"folder":"../x"'];

const strict = (bytes: Buffer): string => new TextDecoder('utf-8').decode(bytes);
const lines = (...rows: readonly unknown[]): Buffer => Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

async function placed(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

function inFewWords(words: string): void {
  if (words.length > LIMITS.words) throw new Error(`words of ${words.length} characters`);
}

const PHOTOS: readonly FoundPhoto[] = ['good/a.jpg', 'bad/a.jpg', 'good/\u00fc,b.png'].map(
  (name) => ({ file: `a/${name}`, folder: 'a' }) as FoundPhoto,
);
const SCALE = { min: 1, max: 10, coverage: 0.5, swapMargin: 0.5 };
const SCORES = 'file,mean,deviation,count\ngood/a.jpg,7.5,1,12\nbad/a.jpg,2\n"good/\u00fc,b.png",8.25,0.5,3\n';

const sha256 = 'a'.repeat(64);
const PAIR = {
  stem: 'a',
  crop: { left: 0, top: 0, side: 256 },
  size: 256,
  kind: 'blur',
  parameters: { sigma: 2 },
  sha256: { good: sha256, bad: sha256 },
};
const SAMPLE = {
  version: 2,
  synthetic: true,
  seed: 1,
  scenes: [{ folder: 'one', source: 'a.jpg', sha256, pairs: [PAIR, PAIR] }],
  skipped: [{ source: 'b.jpg', reason: 'small' }],
};

const both = {
  epoch: 1,
  step: 2,
  loss: 0.1,
  accuracy: 0.9,
  lr: 1e-3,
  gradNorm: 2,
  imagesPerSecond: 30,
  dataWaitShare: 0.01,
  memoryMb: 900,
};
const METRICS = [
  { kind: 'step', steps: 2, ...both } satisfies StepRow,
  { kind: 'epoch', ...both, valLoss: 0.2, valAccuracy: 0.8, seconds: 12 } satisfies EpochRow,
];

const found = (findings: readonly { readonly code: string; readonly message: string }[]): string | null => {
  inFewWords(findings.map(({ message }) => message).join('\n'));
  return findings[0]?.code ?? null;
};

export const TEXTS: readonly Parser[] = [
  {
    name: 'settings',
    seeds: () => Promise.all(SETTINGS.map((file) => readFile(file))),
    words: YAML_WORDS,
    read: (bytes) => {
      const diagnostics = new Diagnostics();
      const map = parseMap(fileSource('settings.yaml', strict(bytes)), diagnostics);
      if (map !== null) for (const schema of SCHEMAS) check(schema, map, diagnostics);
      diagnostics.render();
      // Every schema but one refuses: what is looked for is what they do with it.
      return map === null ? 'CONFIGURATION' : null;
    },
  },
  {
    name: 'splits',
    seeds: async () => [
      Buffer.from('{"one":"train","two":"val","three":"test"}'),
      Buffer.from('{"one":{"train":["a","b"],"val":["c"],"test":["d"]}}'),
      Buffer.from(
        JSON.stringify({ version: 1, datasetHash: sha256, splits: { one: 'train', two: 'val' }, folders: { one: sha256 } }, null, 2),
      ),
    ],
    words: [...JSON_WORDS, ...YAML_WORDS],
    read: async (bytes, at) => {
      await placed(join(at, 'splits.json'), bytes);
      return (await readSplits(at, 'splits.json')).findings[0]?.code ?? null;
    },
  },
  {
    name: 'scores',
    seeds: async () => [
      Buffer.from(SCORES),
      Buffer.from(`\ufeff${SCORES.replaceAll('\n', '\r\n')}`),
      Buffer.from(SCORES.replaceAll(',', ';')),
    ],
    words: ['"', '""', ',', ';', '\t', '\r', '\n', '\r\n', 'good/a.jpg', 'sep=,', '1e400', '+.5', ',,'],
    read: async (bytes, at) => {
      await placed(join(at, 'a', 'scores.csv'), bytes);
      return found((await readScores(at, ['a'], PHOTOS, SCALE)).findings);
    },
  },
  {
    name: 'degradations',
    seeds: async () => [lines(SAMPLE), Buffer.from(JSON.stringify(SAMPLE, null, 2))],
    words: JSON_WORDS,
    read: async (bytes, at) => {
      await placed(join(at, 'degradations.json'), bytes);
      return found((await readDegradations(at)).findings);
    },
  },
  {
    name: 'manifest',
    seeds: async () => [await readFile(join('test', 'configs', 'schema', 'manifest.json'))],
    words: [...JSON_WORDS, '"path":"../x"', '"format":'],
    read: async (bytes, at) => {
      await placed(join(at, 'manifest.json'), bytes);
      await readManifest(at);
      return null;
    },
  },
  {
    name: 'ledger',
    seeds: async () => [lines(openLedger(inputOf('r', layered(4, 2)), '2026-01-01T00:00:00.000Z'))],
    words: JSON_WORDS,
    read: async (bytes, at) => {
      await placed(join(at, 'ledger.json'), bytes);
      const record = await readRecord(join(at, 'ledger.json'), Ledger);
      if (record.is === 'damaged') inFewWords(record.why);
      return record.is === 'sound' ? null : record.is;
    },
  },
  {
    name: 'checkpoint-index',
    seeds: async () => [
      lines({ version: 1, key: 'key', entries: [] }),
      lines({
        version: 1,
        key: 'key',
        entries: [1, 2].map((epoch) => ({
          file: checkpointName(epoch, 0),
          sha256,
          bytes: 10,
          kinds: ['periodic', 'best'],
          best: checkpointName(1, 0),
        })),
      }),
    ],
    words: [...JSON_WORDS, '"file":"../../victim"', checkpointName(3, 4)],
    read: async (bytes, at) => {
      const folder = await mkdtemp(join(at, 'checkpoints-'));
      try {
        await writeFile(join(folder, 'index.json'), bytes);
        const { files } = await CheckpointFiles.open(folder, 'key', 2);
        const { warnings } = await files.newest();
        inFewWords(warnings.join('\n'));
        return warnings.length === 0 ? null : 'warned';
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  },
  {
    name: 'metrics',
    seeds: async () => [lines(...METRICS, ...METRICS)],
    words: [...JSON_WORDS, '\n', '"kind":"step"'],
    read: async (bytes, at) => {
      const path = join(at, 'metrics.jsonl');
      await placed(path, bytes);
      await readRows(path);
      return readMetricsRows(path).then(
        () => null,
        (error: unknown) => {
          if (error instanceof Problem) return error.code;
          throw error;
        },
      );
    },
  },
];
