import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inThread } from '../../../activities/thread/host.js';
import { Problem } from '../../../configs/problem.js';
import { taskContext } from '../task-context.js';

describe('a task in a thread', function () {
  this.timeout(30_000);
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-thread-'));
    for (const name of ['best-checkpoint', 'cache-index']) await writeFile(join(root, name), 'not what it should be');
  });
  after(() => rm(root, { recursive: true, force: true }));

  const context = (signal?: AbortSignal) =>
    taskContext({
      root,
      task: 'export',
      settings: {},
      artifacts: { 'best-checkpoint': join(root, 'best-checkpoint'), 'cache-index': join(root, 'cache-index') },
      ...(signal === undefined ? {} : { signal }),
    });

  it('hands over the problem that the task told', async () => {
    await assert.rejects(inThread('export').run({ onnx: { opset: 'x' } }, context()), (error: unknown) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.code, 'CONFIGURATION');
      assert.match(error.message, /onnx.opset/);
      return true;
    });
  });

  it('reaches the task itself with its files', async () => {
    await assert.rejects(inThread('export').run({ onnx: { opset: 17 } }, context()), (error: unknown) => {
      assert.ok(error instanceof Error);
      assert.match(`${error.message} ${error instanceof Problem ? String(error.where) : ''}`, /best-checkpoint|cache-index/);
      return true;
    });
  });

  it('does not begin once it is aborted', async () => {
    const stopped = AbortSignal.abort(new Error('no'));
    await assert.rejects(inThread('export').run({ onnx: { opset: 17 } }, context(stopped)), /no/);
  });
});
