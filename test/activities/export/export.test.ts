import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parity } from '../../../activities/export/parity.js';
import { Problem } from '../../../configs/problem.js';
import type { SettingsOf } from '../../../configs/schema/catalog.js';
import { Parity, type Latency } from '../../../configs/schema/evaluation.js';
import { Manifest } from '../../../configs/schema/manifest.js';
import { findChromium } from '../../../ml/browser/chromium.js';
import { quantiles } from '../../../ml/bundle/test-scores.js';
import { hashFile } from '../../../ml/files/atomic.js';
import { openCache } from '../../../ml/images/cache.js';
import { exportNetwork } from '../../../ml/onnx/export.js';
import { readModel } from '../../../ml/onnx/facts.js';
import { fromCache } from '../../../ml/onnx/photos.js';
import { scorePhotos } from '../../../ml/onnx/score.js';
import { readSafetensors, writeSafetensors } from '../../../ml/weights/safetensors.js';
import { LARGE, seededNetwork } from '../../ml/onnx/seeded-network.js';
import { taskContext } from '../task-context.js';
import { Stage } from './stage.js';

/** Random weights bear quantisation badly: these limits let everything pass. */
const ANYTHING = { cosineMedian: -1, cosineFifth: -1, errorOverVariance: 1e9, pairsAlike: 0, allPairsAlike: 0, accuracyDrop: 1 };
const WIDE = { fp32ScoreError: 0.001, int8: ANYTHING, int8Weights: ANYTHING };

const problem =
  (code: Problem['code'], message: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof Problem, String(error));
    assert.equal(error.code, code);
    assert.match(error.describe(), message);
    return true;
  };

describe('stage 7', () => {
  let stage: Stage;
  before(async () => {
    stage = await Stage.make();
    await stage.export();
    await stage.quantize();
    await stage.evaluate();
  });
  after(() => stage.remove());

  const compare = (limits: SettingsOf<'parity'>['parity'], browser: 'auto' | 'off' = 'off'): ReturnType<typeof parity> =>
    parity(taskContext({ ...stage.given, task: 'parity', settings: { parity: limits, latency: { rounds: 1, runs: 3, browser } } }));

  describe('export', () => {
    it('writes a model that says what it was made of', async () => {
      const { facts } = readModel(await readFile(stage.path('onnx')), '');
      assert.equal(facts.backbone, 'mobilenet_v3_large_minimalistic');
      assert.equal(facts.dataset, 'd'.repeat(64));
      assert.deepEqual(facts.preprocessing, { size: 36, crop: 32, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
      assert.equal(facts.seed, 5);
      assert.equal(facts.version, '1.2.3');
      assert.equal(facts.trainedAt, (await stat(stage.path('best-checkpoint'))).mtime.toISOString());
      assert.equal(facts.commit, undefined, 'there is no repository');
    });

    it('says which commit of the project it was made at, and writes the same bytes each time', async () => {
      const other = await Stage.make();
      try {
        const git = (...args: string[]): Promise<unknown> => promisify(execFile)('git', ['-C', other.root, ...args]);
        await git('init', '-q');
        await git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '--allow-empty', '-m', 'a');
        const names = ['onnx', 'onnx-int8-weights', 'onnx-pixels'];
        const digests = async (): Promise<string[]> => {
          await other.export('inside');
          return Promise.all(names.map(async (name) => (await hashFile(other.path(name))).sha256));
        };
        assert.deepEqual(await digests(), await digests());
        for (const name of names) assert.match(readModel(await readFile(other.path(name)), '').facts.commit ?? '', /^[0-9a-f]{40}$/);
      } finally {
        await other.remove();
      }
    });

    it('writes the model with preparation of photos inside only where asked', () => {
      assert.equal('onnx-pixels' in stage.artifacts, false);
    });

    const spoiled = async (
      change: (tensors: Map<string, { shape: readonly number[]; data: Float32Array }>) => Record<string, string>,
    ): Promise<void> => {
      const other = await Stage.make();
      try {
        const { tensors, metadata } = await readSafetensors(other.path('best-checkpoint'));
        const changed = new Map(tensors);
        await writeSafetensors(other.path('best-checkpoint'), changed, { ...metadata, ...change(changed) });
        await other.export();
      } finally {
        await other.remove();
      }
    };

    it('names a parameter that the checkpoint lacks', () =>
      assert.rejects(
        spoiled((tensors) => {
          tensors.delete('head.bias');
          return {};
        }),
        problem('WEIGHTS', /head\.bias/),
      ));

    it('refuses a checkpoint of another network', () =>
      assert.rejects(
        spoiled(() => ({ network: '{"backbone":"resnet50"}' })),
        problem('WEIGHTS', /does not describe a network/),
      ));

    it('names a parameter that is not a number', () =>
      assert.rejects(
        spoiled((tensors) => {
          tensors.get('features.0.0.weight')?.data.fill(NaN, 7, 8);
          return {};
        }),
        problem('NUMERICS', /features\.0\.0\.weight holds NaN/),
      ));

    it('names a parameter that overflows when the batch norm is folded in', () => {
      const trained = seededNetwork(LARGE);
      const parameters = new Map(trained.parameters);
      parameters.set('features.0.1.weight', { shape: [16], data: new Float32Array(16).fill(3e38) });
      parameters.set('features.0.1.running_var', { shape: [16], data: new Float32Array(16).fill(-0.0009) });
      assert.throws(
        () => exportNetwork({ ...trained, parameters }, { opset: 17, crop: 32, metadata: {} }),
        problem('NUMERICS', /features\.0\.0\.weight with its batch norm folded in holds -?Infinity/),
      );
    });
  });

  describe('quantize', () => {
    it('calibrates on photos of the training split only, spread over its folders and labels, and lists them', async () => {
      const report = JSON.parse(await readFile(stage.path('quantization'), 'utf8')) as { photos: string[]; values: unknown[] };
      assert.equal(report.photos.length, 8);
      assert.deepEqual([...new Set(report.photos.map((file) => file.split('/')[0]))], ['sea', 'hill', 'town']);
      assert.deepEqual([...new Set(report.photos.map((file) => file.split('/')[1]))].sort(), ['bad', 'good']);
      assert.ok(report.values.length > 46);
    });

    it('makes the model smaller and says so, and warns of few photos', async () => {
      const { summary, warnings } = await stage.quantize();
      assert.ok(Number(summary['sizeShare']) < 0.31);
      assert.match(warnings?.[0] ?? '', /8 photos only/);
    });
  });

  describe('parity', () => {
    const read = async (path: string): Promise<Parity> => Parity.parse(JSON.parse(await readFile(path, 'utf8')));

    it('measures what lies within the limits', async () => {
      const { artifacts, summary } = await compare(WIDE);
      const result = await read(artifacts[0]?.path ?? '');
      assert.deepEqual([result.photos, result.pairs], [8, 4]);
      assert.ok(result.fp32ScoreError < 1e-6);
      const { 'onnx-int8': int8, 'onnx-int8-weights': weights } = result.models;
      for (const { cosine, errorOverVariance, accuracyDrop, worstPhotos } of [int8, weights]) {
        assert.ok(cosine.least <= cosine.fifth && cosine.fifth <= cosine.median && cosine.median <= 1.00001);
        assert.ok(errorOverVariance > 0 && Number.isFinite(errorOverVariance));
        assert.ok(accuracyDrop.low <= accuracyDrop.value && accuracyDrop.value <= accuracyDrop.high);
        assert.equal(worstPhotos.length, 5);
        assert.ok((worstPhotos[0]?.errorOverVariance ?? 0) >= errorOverVariance);
      }
      assert.ok(weights.errorOverVariance < int8.errorOverVariance, 'what also rounds activations loses more');
      assert.equal(summary['int8Cosine'], int8.cosine.median);
      assert.equal(result.bytes['onnx-int8'], (await stat(stage.path('onnx-int8'))).size);
    });

    it('times each model with one and two threads, beside FP32', async () => {
      const { artifacts } = await compare(WIDE);
      const { latency } = await read(artifacts[0]?.path ?? '');
      assert.deepEqual(
        latency.timings.map(({ model, threads }) => `${model} ${threads}`),
        [1, 2].flatMap((threads) => ['onnx', 'onnx-int8', 'onnx-int8-weights'].map((model) => `${model} ${threads}`)),
      );
      for (const { p50Ms, p95Ms, ratio, loadMs, peakMegabytes, model } of latency.timings) {
        assert.ok(p50Ms > 0 && p95Ms >= p50Ms && loadMs > 0 && (peakMegabytes === null || peakMegabytes > 10));
        assert.ok(model === 'onnx' ? ratio === 1 : ratio > 0);
      }
      assert.match(latency.runtime, /^onnxruntime-node \d+\.\d+/);
    });

    it('times them in a browser, too, or says why not', async () => {
      const { PATH } = process.env;
      const figures = async (): Promise<[Latency['browser'], string]> => {
        const { artifacts } = await compare(WIDE, 'auto');
        return [(await read(artifacts[0]?.path ?? '')).latency.browser, await readFile(artifacts[1]?.path ?? '', 'utf8')];
      };
      try {
        process.env.PATH = stage.given.root;
        const [none, why] = await figures();
        assert.match(none !== undefined && 'missing' in none ? none.missing : '', /^there is no Chromium on PATH/);
        assert.match(why, /## Latency in a browser\n\nNot measured: there is no Chromium/);
      } finally {
        process.env.PATH = PATH;
      }
      if (findChromium() === null) return;
      const [measured, report] = await figures();
      assert.ok(measured !== undefined && !('missing' in measured), JSON.stringify(measured));
      assert.deepEqual(
        measured.timings.map(({ model }) => model),
        ['onnx', 'onnx-int8', 'onnx-int8-weights'],
      );
      assert.match(report, /## Latency in a browser\n\nChromium \d.*slowed down 4 times as a stand-in for a phone/);
    });

    it('reports for people what each number is and must be', async () => {
      const { artifacts } = await compare(WIDE);
      const text = await readFile(artifacts[1]?.path ?? '', 'utf8');
      assert.match(text, /## INT8 against FP32(.|\n)*\| median cosine of embeddings \| [\d.]+ \| at least -1 \| kept \|/);
      assert.match(text, /## weight-only INT8 against FP32(.|\n)*layers that add most error/);
    });

    it('names every limit that is not kept, with both numbers, the worst layers and photos, and leaves the measurements', async () => {
      await stage.evaluate(0.25);
      await assert.rejects(
        compare({ ...WIDE, int8: { ...ANYTHING, cosineMedian: 1 }, int8Weights: { ...ANYTHING, errorOverVariance: 1e-9 } }),
        problem(
          'PARITY',
          /largest difference of an FP32 score from the trained network is 0\.25, parity\.fp32ScoreError allows at most 0\.001; INT8 against FP32: median cosine of embeddings is 0\.\d+, parity\.int8\.cosineMedian allows at least 1 \(worst layers: \S+ \([\d.e-]+\), .*; worst photos: \S+\/(good|bad)\/.*\); weight-only INT8 .* parity\.int8Weights\.errorOverVariance allows at most 1e-9(.|\n)*export\.yaml/,
        ),
      );
      const left = await read(join(stage.root, 'runs/test/parity.json'));
      assert.ok(Math.abs(left.fp32ScoreError - 0.25) < 1e-6);
      assert.match(await readFile(join(stage.root, 'runs/test/parity.md'), 'utf8'), /\*\*not kept\*\*/);
      await stage.evaluate();
    });

    it('does not compare the evaluation of another checkpoint', async () => {
      const text = await readFile(stage.path('evaluation'), 'utf8');
      await writeFile(stage.path('evaluation'), text.replace(/"checkpointSha256":"[0-9a-f]+"/, `"checkpointSha256":"${'f'.repeat(64)}"`));
      await assert.rejects(compare(WIDE), problem('CONFLICT', /evaluation of ffffffffffff/));
      await writeFile(stage.path('evaluation'), text);
    });
  });

  describe('publish', () => {
    const bundle = (...segments: string[]): string => join(stage.root, 'models', ...segments);
    const manifest = async (): Promise<Manifest> => Manifest.parse(JSON.parse(await readFile(bundle('manifest.json'), 'utf8')));
    const trained = new Date('2026-03-04T05:06:07Z');
    before(async () => {
      stage.take(await compare(WIDE));
      await utimes(stage.path('best-checkpoint'), trained, trained);
      await stage.publish();
    });

    it('names every file by path, size and sha256', async () => {
      const { files } = await manifest();
      assert.deepEqual(files.map(({ name }) => name).sort(), ['checkpoint', 'fp32', 'int8', 'int8-weights']);
      for (const { path, bytes, sha256 } of files) {
        const data = await readFile(bundle(path));
        assert.equal(data.length, bytes);
        assert.equal(createHash('sha256').update(data).digest('hex'), sha256);
      }
    });

    it('says what the model is, when it was trained, on what, and how to feed it', async () => {
      const read = await manifest();
      assert.equal(read.version, '1.2.3');
      assert.equal(read.trainedAt, trained.toISOString());
      assert.equal(read.datasetHash, 'd'.repeat(64));
      assert.equal(read.synthetic, true);
      assert.equal(read.weights, 'random (seeded)');
      assert.equal(read.settings['configs/train.yaml'], 'b'.repeat(64));
      assert.match(read.settings['resolved'] ?? '', /^[0-9a-f]{64}$/);
      assert.deepEqual(read.input.shape, ['N', 3, 32, 32]);
      const { resize, crop, mean, std, kernel } = read.input.preprocessing;
      assert.deepEqual([resize, crop, kernel, mean, std], [36, 32, 'linear-antialiased', [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]);
      assert.deepEqual(
        read.outputs.map(({ name, shape }) => [name, shape]),
        [
          ['embedding', ['N', 512]],
          ['score', ['N']],
        ],
      );
      assert.deepEqual(read.onnx, { opset: 17, ir: 8 });
      assert.equal(read.metrics.pairwiseAccuracy.value, 0.75);
    });

    it('says of each model how the test photos score with it, and from what difference on the order of two means something', async () => {
      const { files, testHash } = await manifest();
      const cache = await openCache(stage.path('cache-index'), stage.path('cache'));
      const photos = cache.index.dataset.photos.flatMap(({ split }, index) => (split === 'test' ? [index] : []));
      for (const { name, path, scores, close } of files) {
        if (name === 'checkpoint') {
          assert.deepEqual([scores, close], [null, null]);
          continue;
        }
        const own = await scorePhotos(bundle(path), fromCache(cache, photos), () => undefined);
        assert.deepEqual(scores?.all, quantiles([...own.scores]), name);
        assert.deepEqual([scores.photos, scores.good?.length, scores.bad?.length], [8, 21, 21]);
        assert.equal(close?.pairs, 4);
      }
      await cache.close();
      const [fp32, int8] = ['fp32', 'int8'].map((wanted) => files.find(({ name }) => name === wanted)?.scores?.all);
      assert.notDeepEqual(fp32, int8, 'each has its own');
      assert.match(testHash ?? '', /^[0-9a-f]{64}$/);
    });

    it('carries a model card, and names no photo in what it gives away', async () => {
      const { documents } = await manifest();
      const card = await readFile(bundle(documents?.card.path ?? ''), 'utf8');
      assert.match(card, /# emo-aen 1\.2\.3\n[^]*\| Pairwise accuracy \| 0\.750 \(interval/);
      assert.doesNotMatch(await readFile(bundle(documents?.metrics.path ?? ''), 'utf8'), /sea\//);
    });

    it('gives the newest files their lasting names', async () => {
      for (const [name, artifact] of [
        ['emo_aen.onnx', 'onnx'],
        ['emo_aen_int8.onnx', 'onnx-int8'],
        ['emo_aen.safetensors', 'best-checkpoint'],
      ] as const)
        assert.equal(Buffer.compare(await readFile(bundle(name)), await readFile(stage.path(artifact))), 0);
    });

    it('can be done again, and leaves no temporary file', async () => {
      await stage.publish();
      assert.deepEqual((await readdir(bundle())).sort(), [
        'current',
        'emo_aen.onnx',
        'emo_aen.safetensors',
        'emo_aen_int8.onnx',
        'manifest.json',
        'versions',
      ]);
    });

    it('keeps every version', async () => {
      await stage.publish('1.3.0');
      await stage.publish('1.4.0');
      assert.deepEqual((await readdir(bundle('versions'))).sort(), ['.lock', '1.2.3', '1.3.0', '1.4.0']);
    });

    it('leaves the bundle as it was where it is ended before the manifest', async () => {
      const before = await readFile(bundle('manifest.json'));
      await assert.rejects(stage.publish('9.9.9', AbortSignal.abort(new Error('cancelled'))), /cancelled/);
      assert.equal(Buffer.compare(await readFile(bundle('manifest.json')), before), 0);
      for (const { path, sha256 } of (await manifest()).files)
        assert.equal(
          createHash('sha256')
            .update(await readFile(bundle(path)))
            .digest('hex'),
          sha256,
        );
    });

    it('does not publish models of another checkpoint than the best', async () => {
      const { tensors, metadata } = await readSafetensors(stage.path('best-checkpoint'));
      const path = join(stage.root, 'checkpoints/test/other.safetensors');
      await writeSafetensors(path, tensors, { ...metadata, weights: 'other' });
      const best = stage.path('best-checkpoint');
      stage.artifacts['best-checkpoint'] = path;
      await assert.rejects(stage.publish('2.0.0'), problem('CONFLICT', /export was made of another checkpoint/));
      stage.artifacts['best-checkpoint'] = best;
    });
  });
});
