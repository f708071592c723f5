import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInChild } from '../../../activities/child/child.js';
import { Problem } from '../../../configs/problem.js';
import type { Progress } from '../../../configs/schema/payload.js';
import type { SettingsOf } from '../../../configs/schema/catalog.js';
import type { TrainResult } from '../../../ml/engine/jobs/protocol.js';
import { readRows, type TrainingRow } from '../../../ml/engine/metrics-log.js';
import { hashFile } from '../../../ml/files/atomic.js';
import { smallSettings, trainJob, writeSmallSet } from '../../ml/engine/small-set.js';

interface Watched {
  readonly folder: string;
  readonly settings?: SettingsOf<'train'>;
  readonly signal?: AbortSignal;
  /** Called with each progress and the child's process id. */
  readonly on?: (progress: Progress, pid: number) => void;
}

async function trainIn({
  folder,
  settings = smallSettings(),
  signal = new AbortController().signal,
  on = () => undefined,
}: Watched): Promise<TrainResult> {
  const set = await writeSmallSet(folder, { train: 10, val: 4, test: 2 });
  const job = await trainJob(folder, set, settings);
  let pid = 0;
  const result = await runInChild(job, {
    environment: settings.environment,
    stallSeconds: settings.loop.stallSeconds,
    signal,
    progress: (progress) => on(progress, pid),
    started: (started) => (pid = started),
  });
  if (result.kind !== 'train') throw new Error(result.kind);
  return result;
}

const digests = async ({ best, last }: TrainResult): Promise<string[]> =>
  Promise.all([best, last].map(async (path) => (await hashFile(path)).sha256));

/** What rows of metrics say of the method: speed and memory are this machine's. */
async function methodRows(folder: string): Promise<Partial<TrainingRow>[]> {
  return (await readRows(join(folder, 'logs', 'metrics.jsonl'))).map((row) => {
    const { imagesPerSecond: _, dataWaitShare: __, memoryMb: ___, ...rest } = row;
    return 'seconds' in rest ? { ...rest, seconds: 0 } : rest;
  });
}

describe('training that is interrupted', function () {
  this.timeout(120_000);
  let root = '';
  let undisturbed: string[] = [];
  let undisturbedRows: Partial<TrainingRow>[] = [];
  const folder = (name: string): string => join(root, name);

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-resume-'));
    undisturbed = await digests(await trainIn({ folder: folder('undisturbed') }));
    undisturbedRows = await methodRows(folder('undisturbed'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  const often = smallSettings({ checkpoints: { everyEpochs: 1, everySteps: null, everyMinutes: 1e-6, keep: 2 } });

  it('has a row for every two steps, one for what is left of an epoch, and one for the epoch', () => {
    assert.deepEqual(
      undisturbedRows.map((row) => [row.kind, row.epoch, row.step, row.kind === 'step' ? row.steps : null]),
      [1, 2, 3].flatMap((epoch) => [
        ['step', epoch, 3 * epoch - 1, 2],
        ['step', epoch, 3 * epoch, 1],
        ['epoch', epoch, 3 * epoch, null],
      ]),
    );
  });

  for (const [moment, pattern] of [
    ['in the first epoch', /^epoch 1\/3 step 2/],
    ['while it validates', /^epoch 2\/3 validating/],
    ['while a checkpoint is written', /^epoch 2\/3 saving/],
    ['in the last step', /^epoch 3\/3 step 3/],
  ] as const) {
    it(`ends with the same bytes after kill -9 ${moment}`, async () => {
      const at = folder(moment.replaceAll(' ', '-'));
      let killed = false;
      const on = ({ message }: Progress, pid: number): void => {
        if (killed || !pattern.test(message)) return;
        killed = true;
        process.kill(pid, 'SIGKILL');
      };
      await assert.rejects(
        trainIn({ folder: at, settings: often, on }),
        (error) => error instanceof Problem && error.code === 'CHILD_DIED' && error.message.includes('SIGKILL'),
      );
      const resumed = await trainIn({ folder: at, settings: often });
      assert.deepEqual(await digests(resumed), undisturbed);
      assert.deepEqual(await methodRows(at), undisturbedRows);
    });
  }

  it('saves and ends when it is aborted, continues there, and ends with the same bytes', async () => {
    const at = folder('aborted');
    const controller = new AbortController();
    const reason = new Error('the worker shuts down');
    const on = ({ message }: Progress): void => {
      if (message.startsWith('epoch 2/3 step 1')) controller.abort(reason);
    };
    await assert.rejects(trainIn({ folder: at, signal: controller.signal, on }), (error) => error === reason);
    const resumed = await trainIn({ folder: at });
    assert.match(resumed.training.resumedFrom ?? '', /^epoch 2, step [123]$/);
    assert.deepEqual(await digests(resumed), undisturbed);
    assert.deepEqual(await methodRows(at), undisturbedRows);
  });

  it('sets a damaged checkpoint aside, uses the one before, says so, and ends with the same bytes', async () => {
    const at = folder('damaged');
    await trainIn({ folder: at, settings: often });
    const checkpoints = join(at, 'checkpoints');
    const [newest] = (await readdir(checkpoints))
      .filter((file) => file.startsWith('epoch-'))
      .sort()
      .reverse();
    assert.ok(newest !== undefined);
    const bytes = await readFile(join(checkpoints, newest));
    bytes[bytes.length - 100] = (bytes[bytes.length - 100] ?? 0) ^ 1;
    await writeFile(join(checkpoints, newest), bytes);
    const resumed = await trainIn({ folder: at, settings: often });
    assert.equal(resumed.warnings.filter((warning) => warning.includes(newest) && warning.includes('set aside')).length, 1);
    assert.ok((await readdir(checkpoints)).includes(`${newest}.damaged`));
    assert.deepEqual(await digests(resumed), undisturbed);
    assert.deepEqual(await methodRows(at), undisturbedRows);
  });

  it('goes on from the last checkpoint where an explosion was none, and ends with the same bytes', async () => {
    const at = folder('exploded');
    const { loop } = smallSettings();
    // Just above the clip of 5: the gradients of so small a network go beyond it in the first epoch.
    const wary = { ...often, loop: { ...loop, explosion: { loss: 1000, gradNorm: 1.01 } } };
    await assert.rejects(trainIn({ folder: at, settings: wary }), (error) => {
      assert.ok(error instanceof Problem && error.code === 'NUMERICS' && !error.retryable);
      assert.match(error.where ?? '', /^epoch [123], step [123]$/);
      assert.match(
        error.message,
        /far above what it was: gradient norm [\d.]+ \(at most [\d.]+ is let through\); every layer's output is finite/,
      );
      assert.match(error.message, /% of the gradients' squared norm is that of .*; photos: train\/good\/\d+\.png, /);
      assert.match(error.cure ?? '', /raise loop\.explosion/);
      return true;
    });
    const resumed = await trainIn({ folder: at, settings: often });
    assert.notEqual(resumed.training.resumedFrom, null);
    assert.deepEqual(await digests(resumed), undisturbed);
    assert.deepEqual(await methodRows(at), undisturbedRows);
  });

  it('begins anew under other settings, and says so', async () => {
    const at = folder('undisturbed');
    const changed = smallSettings({ seed: 4 });
    const result = await trainIn({ folder: at, settings: changed });
    assert.equal(result.training.resumedFrom, null);
    assert.ok(
      result.warnings.some((warning) => warning.includes('begins anew')),
      result.warnings.join(),
    );
    assert.notDeepEqual(await digests(result), undisturbed);
  });

  it('is ended as stalled when it gives no sign, and not before', async () => {
    const settings = smallSettings({ loop: { ...smallSettings().loop, stallSeconds: 5 } });
    const on = ({ message }: Progress, pid: number): void => {
      if (message.startsWith('epoch 1/3 step 2')) process.kill(pid, 'SIGSTOP');
    };
    await assert.rejects(
      trainIn({ folder: folder('stalled'), settings, on }),
      (error) => error instanceof Problem && error.code === 'STALLED' && error.retryable,
    );
  });
});
