import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import { exportNetwork } from '../../../ml/onnx/export.js';
import { measureLatency, type LatencyRequest } from '../../../ml/onnx/measure-latency.js';
import { encodeModel } from '../../../ml/onnx/messages.js';
import { MINIMALISTIC, seededNetwork } from './seeded-network.js';

describe('latency of the exported models', () => {
  let folder: string;
  let model: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'emo-aen-latency-'));
    model = join(folder, 'model.onnx');
    await writeFile(model, encodeModel(exportNetwork(seededNetwork(MINIMALISTIC), { opset: 17, crop: 32, metadata: {} })));
  });
  after(() => rm(folder, { recursive: true }));

  const request = (path: string, more: Partial<LatencyRequest> = {}): LatencyRequest => ({
    models: new Map([
      ['onnx', model],
      ['onnx-int8', path],
    ]),
    crop: 32,
    rounds: 2,
    runs: 3,
    signal: new AbortController().signal,
    progress: () => undefined,
    ...more,
  });

  it('is measured for every model in every round, with one thread and two', async () => {
    const told: string[] = [];
    const { timings, rounds, runs, processor } = await measureLatency(
      request(model, { progress: (done, total) => told.push(`${done} of ${total}`) }),
    );
    assert.deepEqual([rounds, runs, timings.length, told], [2, 3, 4, ['0 of 4', '1 of 4', '2 of 4', '3 of 4']]);
    assert.notEqual(processor, '');
    assert.ok(timings.every(({ p50Ms, p95Ms, ratio }) => p50Ms > 0 && p95Ms >= p50Ms && ratio > 0));
    assert.ok(timings.every(({ peakMegabytes }) => peakMegabytes === null || peakMegabytes > 10));
  });

  it('is not measured of a file that is no model, and says what the runtime said', async () => {
    const broken = join(folder, 'broken.onnx');
    await writeFile(broken, 'no model');
    await assert.rejects(measureLatency(request(broken)), (error: unknown) => {
      assert.ok(error instanceof Problem && error.code === 'CHILD_DIED');
      assert.match(error.message, /times onnx-int8 ended without a measurement: .*\S/);
      return true;
    });
  });

  it('ends with its process where it is cancelled', async () => {
    const controller = new AbortController();
    const reason = new Error('cancelled');
    const progress = (done: number): void => {
      if (done === 1) setImmediate(() => controller.abort(reason));
    };
    await assert.rejects(
      measureLatency(request(model, { signal: controller.signal, progress, runs: 3 })),
      (error: unknown) => error === reason,
    );
  });
});
