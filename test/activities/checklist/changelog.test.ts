import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changelog } from '../../../activities/checklist/changelog.js';
import type { Agreement, Parity } from '../../../configs/schema/evaluation.js';
import { Problem } from '../../../configs/problem.js';
import { ChangelogRecord } from '../../../configs/schema/changelog.js';
import { contextFor, finishedRun, readLedgerOf, RUN } from './finished-run.js';

describe('the task changelog', function () {
  this.timeout(60_000);
  let template: string;
  let root: string;
  before(async () => {
    template = await finishedRun();
  });
  after(() => rm(template, { recursive: true }));
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-changelog-'));
    await cp(template, root, { recursive: true });
  });
  afterEach(() => rm(root, { recursive: true }));

  const file = (): string => join(root, 'docs/model_changelog.md');
  const write = async (): ReturnType<typeof changelog> => changelog(contextFor(root, 'changelog', (await readLedgerOf(root)).tasks));

  it('names version, date, data, weights, metrics with their interval, settings and what was set by hand', async () => {
    const ledger = await readLedgerOf(root);
    const files = ledger.tasks.find(({ plan }) => plan.uses === 'preprocess')?.plan.settingsFiles ?? [];
    const { entry, datasetHash } = ChangelogRecord.parse(JSON.parse(await readFile(join(root, 'runs', RUN, 'changelog.json'), 'utf8')));
    assert.equal(
      entry,
      [
        '## 0.1.0: run first, 2026-01-02',
        '',
        '| what | value |',
        '| --- | --- |',
        '| Version | 0.1.0 |',
        '| Trained | 2026-01-02T03:00:00.000Z, mobilenet_v3_large |',
        '| Began from | random weights |',
        `| Dataset | \`${datasetHash}\` |`,
        '| Pairs | synthetic: made by `emo-aen sample`, not judged by people |',
        '| Pairwise accuracy (test) | 0.875 (interval 0.800 to 0.925, 104 pairs) |',
        '| Kendall tau-b (test) | 0.750 |',
        '| Loss (test) | 0.0712 (hinge) |',
        '| Latency of the network | 21.3 ms a photo, cpu |',
        '| INT8 against FP32 | embedding cosine 0.9980 (5th percentile 0.9950), error 0.0040 of the variance between photos, 98.0 % of good and bad pairs and 98.0 % of all pairs ranked alike |',
        '| Weight-only INT8 against FP32 | embedding cosine 0.9980 (5th percentile 0.9950), error 0.0040 of the variance between photos, 98.0 % of good and bad pairs and 98.0 % of all pairs ranked alike |',
        '| Accuracy FP32 | 0.875 |',
        '| Accuracy INT8 | 0.865 (drop 0.010, interval -0.010 to 0.030) |',
        '| Accuracy Weight-only INT8 | 0.865 (drop 0.010, interval -0.010 to 0.030) |',
        '| Latency of the exports | FP32 18.0 ms, INT8 14.0 ms, weight-only INT8 15.0 ms a photo, onnxruntime-node, one thread, Some CPU |',
        '| Size | FP32 13.0 MB, INT8 3.6 MB, weight-only INT8 3.5 MB |',
        ...files.toSorted((a, b) => (a.path < b.path ? -1 : 1)).map(({ path, sha256 }) => `| Settings | \`${path}\` \`${sha256}\` |`),
        '| Set by hand | `train.schedule.epochs=3` |',
      ].join('\n'),
    );
    assert.equal(files.length, 2);
  });

  it('tells of every model beside FP32', async () => {
    const agreement: Agreement = {
      cosine: { median: 0.9971, fifth: 0.9942, least: 0.99 },
      errorOverVariance: 0.0123,
      pairsAlike: 1,
      allPairsAlike: 0.9764,
      accuracy: { value: 0.865, low: 0.79, high: 0.92, count: 104 },
      accuracyDrop: { value: 0.01, low: -0.012, high: 0.034 },
      worstPhotos: [],
      worstLayers: [],
    };
    const better: Agreement = { ...agreement, errorOverVariance: 0.0028, accuracyDrop: { value: 0, low: -0.01, high: 0.01 } };
    const unknown = { scores: null, close: null };
    const timing = { threads: 1, p50Ms: 18, p95Ms: 20, ratio: 1, loadMs: 50, peakMegabytes: 120 };
    const parity: Parity = {
      version: 3,
      photos: 208,
      pairs: 104,
      fp32ScoreError: 1e-6,
      fp32Accuracy: { value: 0.875, low: 0.8, high: 0.925, count: 104 },
      models: { 'onnx-int8': agreement, 'onnx-int8-weights': better },
      yardsticks: { onnx: unknown, 'onnx-int8': unknown, 'onnx-int8-weights': unknown },
      latency: {
        runtime: 'onnxruntime-node 1.30.0',
        processor: 'Some CPU',
        rounds: 3,
        runs: 20,
        timings: [
          { model: 'onnx', ...timing },
          { model: 'onnx-int8', ...timing, p50Ms: 14 },
          { model: 'onnx-int8-weights', ...timing, p50Ms: 18.5 },
        ],
      },
      bytes: { onnx: 13_000_000, 'onnx-int8': 3_600_000, 'onnx-int8-weights': 3_500_000 },
    };
    await writeFile(join(root, 'runs', RUN, 'parity.json'), JSON.stringify(parity));
    await write();
    const text = await readFile(file(), 'utf8');
    for (const row of [
      '| INT8 against FP32 | embedding cosine 0.9971 (5th percentile 0.9942), error 0.012 of the variance between photos, 100.0 % of good and bad pairs and 97.6 % of all pairs ranked alike |',
      '| Accuracy FP32 | 0.875 |',
      '| Accuracy Weight-only INT8 | 0.865 (drop 0.000, interval -0.010 to 0.010) |',
      '| Latency of the exports | FP32 18.0 ms, INT8 14.0 ms, weight-only INT8 18.5 ms a photo, onnxruntime-node 1.30.0, one thread, Some CPU |',
      '| Size | FP32 13.0 MB, INT8 3.6 MB, weight-only INT8 3.5 MB |',
    ])
      assert.ok(text.includes(`\n${row}\n`), `${row} is not in ${text}`);
  });

  it('done again changes nothing', async () => {
    const before = await readFile(file(), 'utf8');
    await write();
    assert.equal(await readFile(file(), 'utf8'), before);
  });

  it('leaves what people wrote as it is', async () => {
    const before = await readFile(file(), 'utf8');
    await writeFile(file(), `${before.replace('0.875', '0.999')}\n## Mine\n`);
    await write();
    assert.equal(await readFile(file(), 'utf8'), `${before}\n## Mine\n`);
  });

  it('touches nothing where the markers of its entry are broken', async () => {
    await writeFile(file(), '<!-- run first -->\n');
    await assert.rejects(write(), (error) => error instanceof Problem && error.code === 'CONFLICT');
    assert.equal(await readFile(file(), 'utf8'), '<!-- run first -->\n');
  });
});
