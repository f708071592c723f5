import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MetricsLog, readRows, type EpochRow, type StepRow, type TrainingRow } from '../../../ml/engine/metrics-log.js';

const both = { loss: 0.1, accuracy: 0.9, lr: 1e-3, gradNorm: 2, imagesPerSecond: 30, dataWaitShare: 0.01, memoryMb: 900 };
const stepRow = (epoch: number, step: number): StepRow => ({ kind: 'step', epoch, step, steps: 2, ...both });
const epochRow = (epoch: number, step: number): EpochRow => ({
  kind: 'epoch',
  epoch,
  step,
  ...both,
  valLoss: 0.2,
  valAccuracy: 0.8,
  seconds: 12,
});
/** Two epochs of four steps, two steps a row. */
const ROWS: readonly TrainingRow[] = [stepRow(1, 2), stepRow(1, 4), epochRow(1, 4), stepRow(2, 6), stepRow(2, 8), epochRow(2, 8)];

describe('the log of metrics', () => {
  let folder = '';
  let path = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'emo-aen-metrics-'));
    path = join(folder, 'logs', 'metrics.jsonl');
    const log = await MetricsLog.open(path, { epoch: 1, step: 0 });
    for (const row of ROWS) await log.append(row);
    await log.close();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const continued = async (epoch: number, step: number): Promise<TrainingRow[]> => {
    await (await MetricsLog.open(path, { epoch, step })).close();
    return readRows(path);
  };

  it('holds rows of both kinds in the order in which they were written', async () => {
    assert.deepEqual(await readRows(path), ROWS);
  });

  it('keeps, for a training that continues, just the rows of steps that are done and epochs that are over', async () => {
    assert.deepEqual(await continued(3, 8), ROWS);
    assert.deepEqual(await continued(2, 8), ROWS.slice(0, 5), 'saved before the second validation');
    assert.deepEqual(await continued(2, 7), ROWS.slice(0, 4), 'saved within a window');
    assert.deepEqual(await continued(2, 4), ROWS.slice(0, 3));
    assert.deepEqual(await continued(1, 0), []);
  });

  it('loses at most the line that a kill cut short', async () => {
    await appendFile(path, JSON.stringify(stepRow(3, 10)).slice(0, 30));
    assert.deepEqual(await continued(3, 8), ROWS);
    const log = await MetricsLog.open(path, { epoch: 3, step: 8 });
    await log.append(stepRow(3, 10));
    await log.sync();
    await log.close();
    assert.deepEqual(await readRows(path), [...ROWS, stepRow(3, 10)]);
    assert.ok((await readFile(path, 'utf8')).endsWith('}\n'));
  });

  it('has no rows where there is no file', async () => {
    assert.deepEqual(await readRows(join(folder, 'none.jsonl')), []);
  });
});
