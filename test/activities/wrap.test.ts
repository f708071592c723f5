import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { DefaultLogger } from '@temporalio/worker';
import { z } from 'zod';
import { define, type TaskDefinition } from '../../activities/definition.js';
import { readEvents } from '../../activities/events.js';
import { OneAtATime } from '../../activities/one-at-a-time.js';
import type { TaskFunction } from '../../activities/task.js';
import { wrap, type Activity, type TaskReport } from '../../activities/wrap.js';
import { Problem } from '../../configs/problem.js';
import type { Artifact, TaskInput } from '../../configs/schema/payload.js';
import { hashFile } from '../../ml/files/atomic.js';

const Settings = z.strictObject({ pairs: z.int() });

describe('a task as an activity', () => {
  let root: string;
  let environment: MockActivityEnvironment;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-wrap-'));
    environment = new MockActivityEnvironment({ attempt: 2 }, { logger: new DefaultLogger('ERROR') });
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const task = (body: TaskFunction<z.infer<typeof Settings>>, provides: string[] = []): TaskDefinition =>
    define({ settings: Settings, provides }, () => Promise.resolve(body));
  const input = (change: Partial<TaskInput> = {}): TaskInput => ({
    run: 'r',
    task: 'train',
    settings: { pairs: 16 },
    artifacts: [],
    heartbeat: 'progress',
    env: [],
    code: null,
    ...change,
  });
  const perform = async (definition: TaskDefinition, given: Parameters<Activity>[0] = input()): Promise<TaskReport> =>
    environment.run(
      wrap(root, () => definition, new OneAtATime()),
      given,
    );
  const nothing = { artifacts: [], summary: {} };

  async function artifact(name: string, text: string): Promise<Artifact> {
    await writeFile(join(root, name), text);
    return { name, path: name, ...(await hashFile(join(root, name))) };
  }

  async function failure(definition: TaskDefinition, given = input()): Promise<ApplicationFailure> {
    const error = await perform(definition, given).then(
      () => assert.fail('it succeeded'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof ApplicationFailure);
    return error;
  }

  it('gets its settings checked and its files by name, and hands back what it wrote with hashes', async () => {
    const read = await artifact('cache', 'photos');
    const report = await perform(
      task(
        async ({ settings, artifact: path, digest, file, folder, attempt }) => {
          assert.deepEqual([settings.pairs, attempt, path('cache'), digest('cache')], [16, 2, join(root, 'cache'), read.sha256]);
          const made = await file('runs', folder, 'deep', 'model');
          await writeFile(made, 'abc');
          return { artifacts: [{ name: 'model', path: made }], summary: { loss: 0.5 }, warnings: ['careful'] };
        },
        ['model'],
      ),
      input({ artifacts: [read] }),
    );
    assert.deepEqual(report, {
      attempt: 2,
      output: {
        artifacts: [
          {
            name: 'model',
            path: 'runs/r/train/deep/model',
            sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
            bytes: 3,
          },
        ],
        summary: { loss: 0.5 },
        warnings: ['careful'],
      },
    });
  });

  it('heartbeats what it tells, and writes what happened to the log of the run', async () => {
    const beats: unknown[] = [];
    environment.on('heartbeat', (details: unknown) => beats.push(details));
    await perform(
      task(async ({ progress }) => {
        progress({ message: 'epoch 1', done: 1, total: 2, unit: 'epoch', numbers: { loss: 0.1 } });
        return { ...nothing, warnings: ['few photos'] };
      }),
    );
    assert.deepEqual(beats, [{ message: 'epoch 1', done: 1, total: 2, unit: 'epoch', numbers: { loss: 0.1 } }]);
    const events = await readEvents(root, 'r');
    assert.deepEqual(
      events.map(({ event, message, attempt }) => [event, message, attempt]),
      [
        ['started', 'attempt 2', 2],
        ['progress', 'epoch 1', 2],
        ['warning', 'few photos', 2],
        ['done', 'done', 2],
      ],
    );
  });

  it('leaves out a line of the log that a kill cut short', async () => {
    await perform(task(async () => nothing));
    const path = join(root, 'logs/r/events.jsonl');
    const text = await readFile(path, 'utf8');
    await writeFile(path, `${text}${text.slice(0, 30)}`);
    assert.equal((await readEvents(root, 'r')).length, 2);
  });

  it('is blocked where a link or a pipe is in the place of its log, and writes through neither', async () => {
    const [path, victim] = [join(root, 'logs/r/events.jsonl'), join(root, 'victim')];
    await mkdir(join(root, 'logs/r'), { recursive: true });
    await writeFile(victim, 'mine');
    await symlink(victim, path);
    assert.match((await failure(task(async () => nothing))).message, /the log of this run is a link/);
    assert.equal(await readFile(victim, 'utf8'), 'mine');
    await rm(path);
    execFileSync('mkfifo', [path]);
    assert.match((await failure(task(async () => nothing))).message, /the log of this run is not a regular file/);
    await assert.rejects(readEvents(root, 'r'), (error) => error instanceof Problem && /is not a regular file/.test(error.message));
  });

  const problems: readonly [Problem, boolean][] = [
    [new Problem({ code: 'DATASET', message: 'bad', where: 'beach', cure: 'mend', cause: new Error('why') }), true],
    [new Problem({ code: 'OUT_OF_MEMORY', message: 'no memory' }), false],
  ];
  for (const [problem, nonRetryable] of problems) {
    it(`fails with code, place and cure: ${problem.code}, ${nonRetryable ? 'not' : ''} retried`, async () => {
      const error = await failure(task(() => Promise.reject(problem)));
      assert.deepEqual([error.type, error.message, error.nonRetryable], [problem.code, problem.message, nonRetryable]);
      const causes = problem.cause instanceof Error ? [problem.cause.message] : [];
      assert.deepEqual(error.details, [{ ...problem.toJSON(), causes, attempt: 2 }]);
      assert.deepEqual(error.cause?.message, problem.cause instanceof Error ? problem.cause.message : undefined);
    });
  }

  it('knows a full disk, and takes everything else for a defect with its cause', async () => {
    const full = await failure(task(() => Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }))));
    assert.deepEqual([full.type, full.nonRetryable], ['DISK_FULL', false]);
    const bug = new TypeError('x is not a function');
    const unexpected = await failure(task(() => Promise.reject(bug)));
    assert.deepEqual([unexpected.type, unexpected.nonRetryable], ['UNEXPECTED', false]);
    assert.deepEqual([unexpected.cause?.name, unexpected.cause?.message, unexpected.cause?.stack], ['TypeError', bug.message, bug.stack]);
  });

  it('tells what went wrong even where the log of the run cannot be written', async () => {
    const error = await failure(
      task(async ({ root: place }) => {
        await rm(join(place, 'logs'), { recursive: true });
        await writeFile(join(place, 'logs'), 'in the way');
        throw new Problem({ code: 'DATASET', message: 'bad' });
      }),
    );
    assert.equal(error.type, 'DATASET');
  });

  it('does not begin where a file that it reads is gone or altered', async () => {
    const begun = task(() => assert.fail('it began'));
    const gone = await artifact('cache', 'photos');
    await rm(join(root, 'cache'));
    assert.equal((await failure(begun, input({ artifacts: [gone] }))).type, 'ARTIFACT_MISSING');
    const altered = await artifact('index', 'photos');
    await writeFile(join(root, 'index'), 'phxtos');
    assert.equal((await failure(begun, input({ artifacts: [altered] }))).type, 'ARTIFACT_ALTERED');
  });

  it('fails for settings that it does not know, an artifact nobody made, one it did not make, and a path outside the root', async () => {
    assert.equal(
      (
        await failure(
          task(async () => nothing),
          input({ settings: { pears: 1 } }),
        )
      ).type,
      'CONFIGURATION',
    );
    const asks = await failure(task(async ({ artifact: path }) => ({ ...nothing, summary: { path: path('nowhere') } })));
    assert.equal(asks.type, 'ARTIFACT_MISSING');
    assert.match((await failure(task(async () => nothing, ['model']))).message, /ended without model/);
    const outside = await failure(task(async () => ({ artifacts: [{ name: 'x', path: join(root, '..', 'x') }], summary: {} }), ['x']));
    assert.match(outside.message, /not a file below the project root/);
  });

  it('keeps the files of every task in a folder of its own, and lets it write into no other', async () => {
    const folders: string[] = [];
    const looks = task(async ({ folder }) => {
      folders.push(folder);
      return nothing;
    });
    await perform(looks, input({ task: 'train' }));
    await perform(looks, input({ task: 'train-1' }));
    assert.deepEqual(folders, ['r/train', 'r/train-1']);
    for (const place of [
      ['runs', 'r', 'model.json'],
      ['runs', 'r', 'train-1', 'model.json'],
      ['logs', 'other', 'train', 'x'],
      ['checkpoints'],
    ]) {
      const refused = await failure(
        task(async ({ file }) => ({ artifacts: [{ name: 'x', path: await file(...place) }], summary: {} })),
        input({ task: 'train' }),
      );
      assert.deepEqual([refused.type, refused.nonRetryable], ['CONFIGURATION', true], place.join('/'));
      assert.match(refused.message, /^train asks to write \S+, which is outside its own folder \S+\/r\/train$/);
    }
    await perform(task(async ({ file }) => ({ artifacts: [], summary: { path: await file('models', 'model.json') } })));
  });

  describe('with secrets', () => {
    const NAME = 'EMO_AEN_TEST_SECRET';
    const SECRET = 'hush "hush"';
    beforeEach(() => {
      process.env[NAME] = SECRET;
    });
    afterEach(() => {
      delete process.env[NAME];
    });
    const log = async (): Promise<string> => readFile(join(root, 'logs/r/events.jsonl'), 'utf8');

    it('reads those that it declares, and shows them nowhere', async () => {
      const beats: unknown[] = [];
      environment.on('heartbeat', (details: unknown) => beats.push(details));
      const tells = task(async ({ secret, progress }) => {
        progress({ message: `with ${secret(NAME)}` });
        return { artifacts: [], summary: { key: secret(NAME) }, warnings: [`careful with ${secret(NAME)}`] };
      });
      const { output } = await perform(tells, input({ env: [NAME] }));
      assert.deepEqual([output.summary, output.warnings], [{ key: `<${NAME}>` }, [`careful with <${NAME}>`]]);
      assert.deepEqual(beats, [{ message: `with <${NAME}>` }]);
      assert.ok(!(await log()).includes('hush'));
    });

    it('shows none in what it throws, nor in the causes of that', async () => {
      const throws = task(async ({ secret }) => {
        const cause = new Error(`401 for ${secret(NAME)}`);
        throw new Problem({ code: 'ENVIRONMENT', message: `refused ${secret(NAME)}`, cure: `not ${secret(NAME)}`, cause });
      });
      const error = await failure(throws, input({ env: [NAME] }));
      assert.equal(error.message, `refused <${NAME}>`);
      assert.ok(error.cause instanceof Error);
      assert.equal(error.cause.message, `401 for <${NAME}>`);
      assert.ok(!`${JSON.stringify(error.details)}${error.cause.stack}${await log()}`.includes('hush'));
    });

    it('fails at once where its worker lacks one, with worker and cure, and where it asks for another', async () => {
      delete process.env[NAME];
      const begun = task(() => assert.fail('it began'));
      const error = await failure(begun, input({ env: [NAME, 'PATH'] }));
      assert.deepEqual([error.type, error.nonRetryable], ['ENVIRONMENT', true]);
      assert.match(error.message, new RegExp(`^train needs ${NAME} in the environment of its worker`));
      const [{ where, cure }] = error.details as [{ where: string; cure: string }];
      assert.match(where, new RegExp(`worker ${process.pid} on `));
      assert.match(cure, new RegExp(`${NAME}=… emo-aen up`));
      const asks = await failure(task(async ({ secret }) => ({ ...nothing, summary: { x: secret('PATH') } })));
      assert.equal(asks.type, 'CONFIGURATION');
    });
  });

  it('ends as cancelled when cancelled, whatever the task makes of it', async () => {
    const waits = task(
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Problem({ code: 'CHILD_DIED', message: 'killed' })));
          environment.cancel('CANCELLED');
        }),
    );
    await assert.rejects(perform(waits), CancelledFailure);
    assert.equal((await readEvents(root, 'r')).at(-1)?.event, 'interrupted');
  });

  it('is to be retried at once when its worker shuts down', async () => {
    const waits = task(
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
          environment.cancel('WORKER_SHUTDOWN');
        }),
    );
    const error = await failure(waits);
    assert.deepEqual([error.type, error.nonRetryable, error.nextRetryDelay], ['WORKER_SHUTDOWN', false, '1s']);
  });

  it('waits for an earlier attempt of the same task in this process, which it ends', async () => {
    const attempts = new OneAtATime();
    const order: string[] = [];
    const none = new AbortController().signal;
    const first = attempts.run('r/train', none, async (signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      order.push('first ends');
    });
    const second = attempts.run('r/train', none, async () => void order.push('second begins'));
    await Promise.all([first, second]);
    assert.deepEqual(order, ['first ends', 'second begins']);
  });
});
