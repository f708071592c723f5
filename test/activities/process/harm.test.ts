import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Problem } from '../../../configs/problem.js';
import { hasEnded, identify, type ProcessIdentity } from '../../../workers/processes/identity.js';
import { ownProject, type OwnProject } from './own.js';

const WORKER = fileURLToPath(new URL('worker.js', import.meta.url));

describe('what an own activity may not do to its worker', function () {
  this.timeout(30_000);
  let project: OwnProject;
  beforeEach(async () => (project = await ownProject()));
  afterEach(() => project.leave());

  const problem = async (body: string): Promise<Problem> => {
    const error: unknown = await project.perform(body).then(
      () => assert.fail('it succeeded'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof Problem, String(error));
    return error;
  };
  const defect = async (body: string): Promise<Error> => {
    const error: unknown = await project.perform(body).then(
      () => assert.fail('it succeeded'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof Error && !(error instanceof Problem), String(error));
    return error;
  };

  it('hang it with what cannot be sent: causes in a circle, members that are functions, a result with a promise', async () => {
    const circle = await defect(`const a = new Error('a'); const b = new Error('b'); a.cause = b; b.cause = a; throw a;`);
    assert.deepEqual([circle.message, (circle.cause as Error).message, (circle.cause as Error).cause], ['a', 'b', undefined]);
    assert.equal((await defect(`throw Object.assign(new TypeError('f'), { run: () => 1 });`)).name, 'TypeError');
    const promise = await problem(`return { artifacts: [], summary: { n: Promise.resolve(1) } };`);
    assert.deepEqual([promise.code, promise.where], ['RESULT', 'activities/mine/activity.mjs']);
    assert.match(promise.message, /summary\.n: a promise/);
    assert.match((await problem(`context.progress({ message: 5 }); return done;`)).message, /progress is wrong: message/);
    assert.match((await problem(`try { context.progress('x'); } catch {} return done;`)).message, /progress is wrong/);
    assert.equal((await problem(`throw new Problem({ code: 'DATASET', message: 'mine' });`)).code, 'DATASET');
    assert.match((await defect(`throw new Problem({ code: 'NOPE', message: 'no such code' });`)).message, /^no such code$/);
  });

  it('flood it with an error of 5 MB', async () => {
    assert.ok(Buffer.byteLength((await defect(`throw new Error('x'.repeat(5e6));`)).message) <= 16 * 1024);
  });

  it('end it by a crash, an exit or what nobody awaits, whose words are told', async () => {
    assert.match(
      (await problem(`console.error('last words'); process.kill(process.pid, 'SIGSEGV'); await new Promise(() => {});`)).message,
      /by SIGSEGV; it last wrote: last words/,
    );
    assert.match((await problem(`process.exit(7);`)).message, /with exit code 7/);
    assert.equal(
      (await defect(`void Promise.reject(new RangeError('nobody awaits')); await new Promise(() => {});`)).message,
      'nobody awaits',
    );
  });

  it('end it by words that are no message, which are quoted', async () => {
    const said = await problem(`writeSync(3, 'garbage \\u001b[31m {"kind":\\n'); await new Promise(() => {});`);
    assert.equal(said.code, 'CHILD_DIED');
    assert.match(said.message, /said what is no message: garbage/);
    assert.match(
      (await problem(`writeSync(3, '{"kind":"progress","progress":{"message":null}}\\n'); await new Promise(() => {});`)).message,
      /progress\.message/,
    );
  });

  /** Starts one process in the group, one in a session of its own, and one through a shell that ends; writes their numbers down. */
  const BEGIN = `
    const path = await context.file('runs', context.folder, 'pids.json');
    const options = { stdio: 'ignore' };
    const inGroup = spawn('sleep', ['1000'], { ...options, env: {} });
    const apart = spawn('sleep', ['1000'], { ...options, detached: true });
    const shell = spawn('sh', ['-c', 'sleep 1000 >/dev/null & echo $!'], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
    const [text] = await once(shell.stdout, 'data');
    await writeFile(path, JSON.stringify([inGroup.pid, apart.pid, Number(String(text))]));
    context.progress({ message: 'begun' });`;
  const begun = async (): Promise<ProcessIdentity[]> =>
    (JSON.parse(await readFile(join(project.root, 'runs', 'test', 'pids.json'), 'utf8')) as number[]).map(
      (pid) => identify(pid) ?? assert.fail(`${pid} has not begun`),
    );
  const assertEnded = async (started: readonly ProcessIdentity[]): Promise<void> => {
    assert.equal(started.length, 3);
    for (const each of started) assert.ok(await hasEnded(each, 5_000), `${each.pid} outlives its task`);
  };

  it('leave processes behind once it is cancelled, fails or succeeds', async () => {
    for (const end of ['await new Promise(() => {});', 'for (;;);', `throw new Error('failed');`, 'return done;']) {
      const stop = new AbortController();
      let started: Promise<ProcessIdentity[]> | undefined;
      const progress = (): void => {
        started = begun().then(async (seen) => {
          await writeFile(join(project.root, 'runs', 'test', 'pids.json.go'), '');
          return seen;
        });
        if (end.includes('failed') || end.includes('done')) return;
        void started.then(() => stop.abort(new Error('cancelled')));
      };
      await project
        .perform(`${BEGIN} while (!existsSync(path + '.go')) await new Promise(setImmediate); ${end}`, { progress, signal: stop.signal })
        .catch(() => undefined);
      await assertEnded((await started) ?? assert.fail('it did not begin'));
      await rm(join(project.root, 'runs'), { recursive: true });
    }
  });

  it('outlive it, nor leave processes behind, where it is killed while the task computes', async () => {
    const worker = spawn(process.execPath, [WORKER, project.root, `${BEGIN} for (;;);`], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [text] = (await once(worker.stdout, 'data')) as [Buffer];
    assert.equal(String(text).trim(), 'begun');
    const started = await begun();
    worker.kill('SIGKILL');
    await assertEnded(started);
  });
});
