import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf, findOwn } from '../../../activities/own/find.js';
import type { TaskResult } from '../../../activities/task.js';
import { inProcess, ownInProcess } from '../../../activities/process/host.js';
import { CLONE } from '../../../configs/load/installation.js';
import { Problem } from '../../../configs/problem.js';
import { taskContext } from '../task-context.js';

const EXPORT = { onnx: { opset: 17, preprocess: 'outside' }, bundle: { version: 'auto' } };

describe('a task in a process', function () {
  this.timeout(30_000);
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-process-'));
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
    await assert.rejects(inProcess('export').run({ onnx: { opset: 'x' } }, context()), (error: unknown) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.code, 'CONFIGURATION');
      assert.match(error.message, /onnx.opset/);
      return true;
    });
  });

  it('reaches the task itself with its files', async () => {
    await assert.rejects(inProcess('export').run(EXPORT, context()), (error: unknown) => {
      assert.ok(error instanceof Error);
      assert.match(`${error.message} ${error instanceof Problem ? String(error.where) : ''}`, /best-checkpoint|cache-index/);
      return true;
    });
  });

  it('does not begin once it is aborted', async () => {
    const stopped = AbortSignal.abort(new Error('no'));
    await assert.rejects(inProcess('export').run(EXPORT, context(stopped)), /no/);
  });
});

describe('an own activity in a process', function () {
  this.timeout(30_000);
  let root: string;
  let code: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-process-'));
    await mkdir(join(root, 'node_modules'));
    await symlink(CLONE, join(root, 'node_modules', 'emo-aen'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  const write = async (version: string): Promise<void> => {
    const folder = join(root, 'activities', 'mine');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'part.mjs'), `export const version = '${version}';\n`);
    await writeFile(
      join(folder, 'activity.mjs'),
      `import { defineActivity, z } from 'emo-aen/activity';
       import { version } from './part.mjs';
       export default defineActivity({
         stage: 1,
         settings: z.strictObject({ wait: z.boolean().default(false) }),
         run: async ({ settings, progress, signal }) => {
           progress({ message: 'begun' });
           if (settings.wait) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
           return { artifacts: [], summary: { version, pid: process.pid } };
         },
       });`,
    );
    code = await codeOf((await findOwn(root)).get('mine') ?? assert.fail());
  };
  const perform = async (settings = {}, change: Partial<Parameters<typeof taskContext>[0]> = {}): Promise<TaskResult['summary']> =>
    (await ownInProcess('mine', { code, artifacts: [], env: [] }).run(settings, taskContext({ root, task: 'a', settings, ...change })))
      .summary;

  it('finds its process again while the code is the same, and another one with every file read anew when it is not', async () => {
    await write('one');
    const first = await perform();
    assert.deepEqual(await perform(), first);
    await write('two');
    const second = await perform();
    assert.deepEqual([first['version'], second['version']], ['one', 'two']);
    assert.notEqual(second['pid'], first['pid']);
  });

  it('has a process for each that runs at the same time, and loses the one in which it was stopped', async () => {
    await write('three');
    const [a, b] = await Promise.all([perform(), perform()]);
    assert.notEqual(a?.['pid'], b?.['pid']);
    const stop = new AbortController();
    const stopped = perform({ wait: true }, { signal: stop.signal, progress: () => stop.abort(new Error('no more')) });
    await assert.rejects(stopped, /told to stop/);
    assert.equal((await perform())['version'], 'three');
  });
});
