import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TaskDefinition } from '../../activities/definition.js';
import type { TaskContext } from '../../activities/task.js';
import { CATALOG } from '../../configs/schema/catalog.js';
import { Problem } from '../../configs/problem.js';
import { freePort } from '../workflows/dev-server.js';
import { newPlace, type Place } from '../workflows/place.js';
import { gate, writing } from '../workflows/tasks.js';

const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));
const MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Shown {
  readonly run: string;
  readonly state: string;
  readonly source: string;
  readonly tasks: readonly {
    name: string;
    state: string;
    reason: string;
    action?: string;
    reasons?: readonly string[];
    fromRun: string | null;
  }[];
  readonly events: readonly { task: string | null; event: string; message: string }[];
  readonly error: { message: string; cure: string };
  readonly runs: readonly { run: string; state: string }[];
}

describe('the commands of a run', function () {
  this.timeout(120_000);
  let place: Place;
  /** What the audit does: a test changes it. */
  let audit: (context: { progress: TaskContext<unknown>['progress'] }) => void | Promise<void> = () => undefined;
  let environment: NodeJS.ProcessEnv;

  before(async () => {
    place = await newPlace();
    for (const folder of ['configs'])
      await cp(join(PROJECT, folder), join(place.root, folder), { recursive: true, filter: (path) => !path.endsWith('.ts') });
    const tasks = Object.entries(CATALOG).map(([name, { provides }]): [string, TaskDefinition] => [
      name,
      writing(provides, (context) => (name === 'audit' ? audit(context) : undefined)),
    ]);
    await place.startWorkers(Object.fromEntries(tasks));
    environment = { ...process.env, TEMPORAL_ADDRESS: place.address, TEMPORAL_NAMESPACE: place.namespace };
  });
  after(() => place.leave());
  afterEach(() => {
    audit = () => undefined;
  });

  function begin(args: readonly string[], env = environment): { child: ChildProcess; outcome: Promise<Outcome> } {
    const child = spawn(process.execPath, [MAIN, ...args, '--root', place.root], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const outcome = new Promise<Outcome>((resolve, reject) => {
      child.on('error', reject).on('close', (code) => resolve({ code, stdout, stderr }));
    });
    return { child, outcome };
  }
  const emoAen = (...args: string[]): Promise<Outcome> => begin(args).outcome;

  /** The one JSON document on stdout, and the exit code. */
  async function json(...args: string[]): Promise<Shown & { code: number | null }> {
    const { code, stdout, stderr } = await emoAen(...args, '--json');
    try {
      return { ...(JSON.parse(stdout) as Shown), code };
    } catch (cause) {
      throw new Error(`no JSON document: ${stdout}\n${stderr}`, { cause });
    }
  }
  const quickstart = ['--pipeline', 'configs/quickstart/pipeline.yaml'];

  it('run follows to the end; a second one does what plan said: it reuses all but what looks outside', async () => {
    const first = await json('run', ...quickstart, '--name', 'first');
    assert.deepEqual([first.code, first.run, first.state], [0, 'first', 'completed']);
    assert.ok(first.tasks.every(({ state }) => state === 'done'));

    const planned = await json('plan', ...quickstart);
    const second = await json('run', ...quickstart);
    assert.equal(second.run, 'quickstart-1');
    assert.deepEqual(
      second.tasks.map(({ name, state, fromRun }) => [name, state === 'reused' ? 'reuse' : 'run', fromRun]),
      planned.tasks.map(({ name, action, fromRun }) => [name, action, fromRun]),
    );
    assert.deepEqual(
      second.tasks.filter(({ state }) => state === 'done').map(({ name }) => name),
      ['provision', 'audit', 'checklist'],
    );

    const fresh = await json('run', ...quickstart, '--fresh', '--until', 'model');
    assert.deepEqual(
      fresh.tasks.filter(({ state }) => state === 'done').map(({ name, reason }) => [name, reason]),
      [
        ['provision', 'always runs: what it looks at can change between runs'],
        ['model', '--fresh'],
      ],
    );
  });

  it('a changed setting runs just what reads it, and run --from-run takes it over', async () => {
    const changed = await json('run', ...quickstart, '--name', 'changed', '--set', 'export.quantize.calibrationPhotos=8');
    const reasons = Object.fromEntries(changed.tasks.map(({ name, state, reason }) => [name, state === 'reused' ? state : reason]));
    assert.equal(reasons['export'], 'reused');
    assert.equal(reasons['quantize'], 'settings changed: export.quantize.calibrationPhotos 128 -> 8');
    const { outcome } = begin(['run', '--from-run', 'changed', '--name', 'from']);
    const { code, stderr } = await outcome;
    assert.equal(code, 0);
    assert.match(stderr, /from run changed: --set export.quantize.calibrationPhotos=8/);
    const from = await json('status', 'from');
    assert.deepEqual(from.tasks.find(({ name }) => name === 'quantize')?.fromRun, 'changed');
  });

  it('a blocked run ends in exit 1 with the cure, and retry with a changed setting goes on from there', async () => {
    audit = () => {
      throw new Problem({ code: 'DATASET', message: 'too few photos', where: 'training_files', cure: 'add photos' });
    };
    const { code, stdout } = await emoAen('run', ...quickstart, '--name', 'blocked');
    assert.equal(code, 1);
    assert.match(stdout, /error: audit: training_files: too few photos \[DATASET\]\n {2}cure: add photos/);
    const told = await json('plan', '--retry', 'blocked', '--set', 'dataset.splits.seed=5');
    assert.equal(told.run, 'blocked');
    assert.deepEqual((await json('status', 'blocked')).state, 'blocked', 'telling it changes nothing');
    audit = () => undefined;
    const retried = await json('retry', 'blocked', '--set', 'dataset.splits.seed=5', '--follow');
    const planned = new Map(told.tasks.map((task) => [task.name, task]));
    for (const { name, state, reason } of retried.tasks) {
      const { action, reasons = [] } = planned.get(name) ?? {};
      if (action === 'keep') assert.ok(['done', 'reused'].includes(state), name);
      else if (!reasons.some((each) => each.startsWith('upstream '))) assert.equal(reason, reasons.join('; '), name);
    }
    assert.deepEqual(
      ['provision', 'audit', 'model', 'preprocess'].map((name) => planned.get(name)?.action),
      ['keep', 'run', 'keep', 'run'],
    );
    assert.deepEqual([retried.code, retried.state], [0, 'completed']);
    const reason = retried.tasks.find(({ name }) => name === 'audit')?.reason ?? '';
    assert.match(reason, /^retried by .+; settings changed: dataset\.splits\.seed 0 -> 5$/);
    const drawn = await json('graph', '--run', 'blocked');
    assert.equal(drawn.run, 'blocked');
    assert.equal(drawn.tasks.find(({ name }) => name === 'audit')?.state, 'done');
    const { events } = await json('logs', 'blocked', 'audit');
    assert.deepEqual(
      events.map(({ event }) => event).filter((event) => event !== 'progress'),
      ['started', 'failed', 'retry', 'started', 'done'],
    );
  });

  it('Ctrl-C leaves the run going with exit 130; cancel ends it', async () => {
    const hold = gate();
    const begun = gate();
    audit = async ({ progress }) => {
      begun.open();
      const working = setInterval(() => progress({ message: 'auditing' }), 100);
      await hold.opened.finally(() => clearInterval(working));
    };
    const { child, outcome } = begin(['run', ...quickstart, '--name', 'left']);
    await begun.opened;
    child.kill('SIGINT');
    const { code, stderr } = await outcome;
    assert.equal(code, 130);
    assert.match(stderr, /run left goes on/);
    assert.equal((await json('status', 'left')).state, 'running');
    assert.equal((await json('pause', 'left')).code, 0);
    assert.equal((await json('status', 'left')).state, 'paused');
    const paused = await json('pause', 'left');
    assert.deepEqual([paused.code, paused.error.message], [1, 'run left is paused already']);
    assert.equal((await json('resume', 'left')).code, 0);
    assert.equal((await json('cancel', 'left')).code, 0);
    const { code: ended, stdout } = await emoAen('status', 'left', '--watch');
    assert.equal(ended, 1);
    assert.match(stdout, /run left \(quickstart\) is cancelled/);
    hold.open();
    const never = await json('plan', '--retry', 'left');
    assert.deepEqual([never.code, never.error.message], [1, 'run left has ended: it is cancelled']);
    const late = await json('retry', 'left');
    assert.deepEqual([late.code, late.error.message], [1, 'run left has ended: it is cancelled']);
    const { runs } = await json('runs');
    assert.equal(runs.find(({ run }) => run === 'left')?.state, 'cancelled');
  });

  const refusals: readonly [string, string[], number, RegExp][] = [
    [
      'a name that is taken',
      ['run', ...quickstart, '--name', 'first'],
      1,
      /there is a run first already: it is completed\n {2}cure: .*first-2/,
    ],
    ['a name that is none', ['run', ...quickstart, '--name', '../x'], 2, /cannot be the name of a run/],
    ['a task that is none', ['run', ...quickstart, '--until', 'trian'], 2, /no task trian\n {2}cure: did you mean train/],
    ['a setting that is none', ['run', ...quickstart, '--set', 'train.lop.pairs=1'], 2, /train\.l/],
    ['a drawing of a run that is none', ['graph', '--run', 'frist'], 1, /no run frist\n {2}cure: did you mean first/],
    ['a run that is none', ['status', 'frist'], 1, /no run frist\n {2}cure: did you mean first/],
    ['a command that is none', ['stats'], 2, /no command stats\n {2}cure: did you mean status/],
    ['an option that is none', ['status', '--wach'], 2, /unknown option '--wach'/],
    ['a skip without a reason', ['skip', 'first', 'audit'], 2, /--reason/],
    ['a plan of tasks of no run', ['plan', 'audit'], 2, /chosen for a retry\n {2}cure: say of which run with --retry RUN/],
    ['a plan of a retry that is fresh', ['plan', '--retry', 'first', '--fresh'], 2, /cannot be used with option '--fresh'/],
    ['reuse of all and of nothing', ['run', '--fresh', '--from-run', 'first'], 2, /give one of them/],
  ];
  for (const [what, args, exit, message] of refusals) {
    it(`refuses ${what} with exit ${exit}`, async () => {
      const { code, stderr } = await emoAen(...args);
      assert.match(stderr, message);
      assert.equal(code, exit);
    });
  }

  it('ends with exit 3 where no server can be reached, but tells of what has ended', async () => {
    const env = { ...environment, TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` };
    const { code, stderr } = await begin(['run', ...quickstart, '--name', 'nowhere'], env).outcome;
    assert.equal(code, 3);
    assert.match(stderr, /does not answer/);
    const status = await begin(['status', 'first', '--json'], env).outcome;
    assert.equal(status.code, 0);
    assert.equal((JSON.parse(status.stdout) as Shown).source, 'ledger file');
  });

  it('lists every command with --help', async () => {
    const { code, stdout } = await emoAen('--help');
    assert.equal(code, 0);
    for (const name of [
      'run',
      'plan',
      'status',
      'runs',
      'logs',
      'retry',
      'skip',
      'pause',
      'resume',
      'cancel',
      'checklist',
      'validate',
      'rank',
      'doctor',
    ]) {
      assert.match(stdout, new RegExp(`^ {2}${name}\\b`, 'm'));
    }
  });
});
