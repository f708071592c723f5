import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { evaluate } from '../../../activities/evaluation/evaluate.js';
import { model } from '../../../activities/model/model.js';
import type { TaskContext } from '../../../activities/task.js';
import { train } from '../../../activities/training/train.js';
import { Problem } from '../../../configs/problem.js';
import { Evaluation } from '../../../configs/schema/evaluation.js';
import type { SettingsOf } from '../../../configs/schema/catalog.js';
import { readCheckpoint } from '../../../ml/engine/checkpoint.js';
import { readRows } from '../../../ml/engine/metrics-log.js';
import { hashFile } from '../../../ml/files/atomic.js';
import { CHANNEL, say } from '../../../ml/processes/channel.js';
import { smallSettings, trainJob, writeSmallSet, type SmallSet } from '../../ml/engine/small-set.js';

/** A task's context over a folder: artifacts by name as they were made by the tasks before. */
async function contextOf<Settings>(
  root: string,
  settings: Settings,
  artifacts: Readonly<Record<string, string>>,
): Promise<TaskContext<Settings>> {
  const digests = new Map<string, string>();
  for (const [name, path] of Object.entries(artifacts)) digests.set(name, (await hashFile(path)).sha256);
  const named = (name: string): string => artifacts[name] ?? assert.fail(`no artifact ${name}`);
  return {
    root,
    run: 'small',
    task: 'task',
    folder: 'small',
    attempt: 1,
    settings,
    artifact: named,
    digest: (name) => digests.get(name) ?? assert.fail(name),
    has: (name) => name in artifacts,
    secret: () => assert.fail('it declares none'),
    file: (...segments) => Promise.resolve(join(root, ...segments)),
    progress: () => undefined,
    signal: new AbortController().signal,
  };
}

describe('the tasks model, train and evaluate', function () {
  this.timeout(180_000);
  let root = '';
  before(async () => (root = await mkdtemp(join(tmpdir(), 'emo-aen-train-'))));
  after(() => rm(root, { recursive: true, force: true }));

  const filesOf = (set: SmallSet): Record<string, string> => ({ cache: set.cache, 'cache-index': set.cacheIndex });
  const trainFrom = async (
    name: string,
    set: SmallSet,
    settings: SettingsOf<'train'>,
  ): Promise<{ paths: Record<string, string>; result: Awaited<ReturnType<typeof train>>; root: string }> => {
    const at = join(root, name);
    const { seed, model: modelSettings } = settings;
    const made = await model(await contextOf(at, { seed, model: modelSettings }, {}));
    const initial = made.artifacts.find((file) => file.name === 'initial-checkpoint')?.path ?? assert.fail();
    const result = await train(await contextOf(at, settings, { ...filesOf(set), 'initial-checkpoint': initial }));
    return { result, root: at, paths: Object.fromEntries(result.artifacts.map((file) => [file.name, file.path])) };
  };

  it('learn to rank noisy photos below clean ones, also from scores of people, in micro-batches', async () => {
    const set = await writeSmallSet(join(root, 'scored-set'), { train: 12, val: 6, test: 6 }, { scored: true });
    const base = smallSettings();
    const settings = smallSettings({ schedule: { epochs: 8, warmupEpochs: 1, minLr: 0 }, loop: { ...base.loop, accumulate: 2 } });
    const { result, paths } = await trainFrom('scored', set, settings);
    const rows = (await readRows(paths['metrics'] ?? '')).filter(({ kind }) => kind === 'epoch');
    assert.deepEqual(
      rows.map(({ epoch }) => epoch),
      rows.map((_, at) => at + 1),
    );
    const { network, metadata } = await readCheckpoint(paths['best-checkpoint'] ?? '');
    assert.equal(network.spec.regression, true);
    assert.equal(metadata.weights, 'random (no source is set)');
    assert.equal(metadata.trained?.preprocess.crop, set.index.crop);
    assert.equal(result.summary['engine'], 'graph');

    const { environment, loss, loop } = settings;
    const evaluation = { confidence: 0.95, latencyRuns: 3 };
    const context = await contextOf(
      join(root, 'scored'),
      { environment, loss, loop, evaluation },
      { ...filesOf(set), 'best-checkpoint': paths['best-checkpoint'] ?? '' },
    );
    const evaluated = await evaluate(context);
    const report = Evaluation.parse(JSON.parse(await readFile(evaluated.artifacts[0]?.path ?? '', 'utf8')));
    assert.equal(report.pairwiseAccuracy.count, 6);
    assert.equal(report.scores.length, 12);
    assert.ok(report.pairwiseAccuracy.value >= 5 / 6, JSON.stringify(report.pairwiseAccuracy));
    assert.ok(report.scores.every(({ score }) => Math.abs(score) <= 1.000001));
    assert.match(report.device, /^cpu/);
  });

  it('leave the regression head out where nobody scored a photo', async () => {
    const set = await writeSmallSet(join(root, 'plain-set'), { train: 4, val: 2, test: 2 });
    const { paths } = await trainFrom('plain', set, smallSettings({ schedule: { epochs: 1, warmupEpochs: 0, minLr: 0 } }));
    const { network, tensors } = await readCheckpoint(paths['best-checkpoint'] ?? '');
    assert.equal(network.spec.regression, false);
    assert.deepEqual(
      [...tensors.keys()].filter((name) => name.startsWith('regression') || name.startsWith('optimizer')),
      [],
    );
    assert.ok([...(await readCheckpoint(paths['last-checkpoint'] ?? '')).tensors.keys()].some((name) => name.startsWith('optimizer.v.')));
  });

  it('end with layer, batch and photos where the loss is not a number', async () => {
    const set = await writeSmallSet(join(root, 'poison-set'), { train: 4, val: 2, test: 2 }, { poison: true });
    await assert.rejects(trainFrom('poison', set, smallSettings()), (error) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.code, 'NUMERICS');
      assert.equal(error.where, 'epoch 1, step 1');
      assert.match(
        error.message,
        /^loss NaN and gradient norm NaN are not both finite; features\.0\.1 \(batchNorm\) is the first layer whose/,
      );
      assert.match(error.message, /photos: .*train\/good\/0\.png/);
      return true;
    });
  });

  it('refuse cuda where there is none', async () => {
    const set = await writeSmallSet(join(root, 'cuda-set'), { train: 4, val: 2, test: 2 });
    const base = smallSettings();
    const settings = smallSettings({ environment: { ...base.environment, device: 'cuda' } });
    await assert.rejects(trainFrom('cuda', set, settings), (error) => error instanceof Problem && error.code === 'ENVIRONMENT');
  });

  it('leave no process behind when the parent is gone', async () => {
    const set = await writeSmallSet(join(root, 'orphan-set'), { train: 8, val: 2, test: 2 });
    const job = await trainJob(
      join(root, 'orphan'),
      set,
      smallSettings({ schedule: { epochs: 1000, warmupEpochs: 1, minLr: 0 }, earlyStopping: { points: 0, evaluations: 1000 } }),
    );
    const entry = fileURLToPath(new URL('../../../ml/engine/jobs/main.js', import.meta.url));
    const child = spawn(process.execPath, [entry], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
    const channel = child.stdio[CHANNEL] as Duplex;
    await say(channel, { job });
    await once(channel, 'data');
    const ended = once(child, 'exit');
    channel.destroy();
    assert.equal((await ended)[0], 3);
  });
});
