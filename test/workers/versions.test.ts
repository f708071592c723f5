import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import type { TaskTable } from '../../activities/definition.js';
import { temporalProgram } from '../../workers/server/program.js';
import { cpuWorkers } from '../../workers/cpu.js';
import { keepBundle } from '../../workers/versions.js';
import { workflowIdOf } from '../../workflows/names.js';
import { answering, freePort } from '../workflows/dev-server.js';
import { bundle, newPlace, type Place } from '../workflows/place.js';
import { inputOf, planned, planOf, states, taskIn } from '../workflows/plans.js';
import { gate, writing } from '../workflows/tasks.js';

/** The workflows as they are, but for a mark in the words that a task runs for. */
async function marked(mark: string): Promise<string> {
  const code = await readFile(await bundle(), 'utf8');
  const other = code.replace("'first run'", `'first run (${mark})'`);
  assert.notEqual(other, code);
  return other;
}

describe('an upgrade in the middle', function () {
  this.timeout(60_000);
  let place: Place;
  let connection: NativeConnection;
  const stop: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    place = await newPlace();
    connection = await NativeConnection.connect({ address: place.address });
  });
  afterEach(async () => {
    for (const end of stop.splice(0)) await end();
    await connection.close();
    await place.leave();
  });

  /** What a cpu process does, with this workflow code. */
  async function startCpu(tasks: TaskTable, code: string): Promise<{ notes: readonly string[]; end: () => Promise<void> }> {
    const { root, project, namespace } = place;
    const { workers, notes, settle } = await cpuWorkers({ root, project, connection, namespace, tasks, code });
    const running = Promise.all(workers.map((worker) => worker.run()));
    let ended = false;
    const end = async (): Promise<void> => {
      if (!ended) for (const worker of workers) worker.shutdown();
      ended = true;
      await running;
    };
    stop.push(end);
    await settle();
    return { notes, end };
  }

  const PLAN = planOf(planned('held'), planned('train', { needs: ['held'], queue: 'gpu' }), planned('last', { needs: ['train'] }));
  let hold: ReturnType<typeof gate>;
  const begun = new Map<string, ReturnType<typeof gate>>();
  let tasks: TaskTable;
  beforeEach(() => {
    hold = gate();
    const holding = writing([], ({ run }) => {
      begun.get(run)?.open();
      return hold.opened;
    });
    tasks = { held: holding, train: writing([]), last: writing([]) };
  });

  /** Resolves once its first task is at work. */
  async function begin(run: string): Promise<void> {
    const reached = gate();
    begun.set(run, reached);
    await place.start(inputOf(run, PLAN));
    await reached.opened;
  }

  /** Lets it go on to its end, and gives what its last task ran for: the words say which workflow code decided it. */
  async function endOf(run: string): Promise<string> {
    const handle = place.client.workflow.getHandle(workflowIdOf(place.project.id, run));
    hold.open();
    await handle.result();
    const ledger = await place.ledgerOnDisk(run);
    assert.deepEqual(states(ledger), { held: 'done', train: 'done', last: 'done' });
    return taskIn(ledger, 'last').reason;
  }

  it('leaves a run under the workflow code it began with; a new one begins under the new', async () => {
    await place.startWorkers(tasks, ['gpu']);
    const old = await startCpu(tasks, await marked('old'));
    await begin('pinned');
    await old.end();
    await startCpu(tasks, await marked('new'));
    await begin('fresh');
    assert.deepEqual([await endOf('pinned'), await endOf('fresh')], ['first run (old)', 'first run (new)']);
  });

  it('takes a run from before there were versions along', async () => {
    await place.startWorkers(tasks);
    await begin('before');
    await place.stopWorkers();
    await place.startWorkers(tasks, ['gpu']);
    await startCpu(tasks, await marked('new'));
    assert.equal(await endOf('before'), 'first run (new)');
  });

  it('is not told apart by a server that knows no versions, and the worker says so', async () => {
    const port = await freePort();
    const { program } = await temporalProgram();
    const flags = ['--headless', '--log-level', 'never', '--dynamic-config-value', 'system.enableDeploymentVersions=false'];
    const server = spawn(program, ['server', 'start-dev', '--port', String(port), ...flags], { stdio: 'ignore' });
    const exited = once(server, 'exit');
    await answering(`127.0.0.1:${port}`);
    stop.push(async () => {
      server.kill('SIGKILL');
      await exited;
    });
    const other = await NativeConnection.connect({ address: `127.0.0.1:${port}` });
    const code = await readFile(await bundle(), 'utf8');
    const { notes, workers } = await cpuWorkers({
      root: place.root,
      project: place.project,
      connection: other,
      namespace: 'default',
      tasks,
      code,
    });
    assert.deepEqual(notes, ['the Temporal server knows no worker versions: runs that are open go on under the newest workflow code']);
    assert.equal(workers.length, 1);
    const running = workers.map((worker) => worker.run());
    for (const worker of workers) worker.shutdown();
    await Promise.all(running);
    await other.close();
  });

  it('names the runs whose workflow code is not kept any more, and they can be moved to the newest', async () => {
    await place.startWorkers(tasks, ['gpu']);
    const old = await startCpu(tasks, await marked('old'));
    await begin('orphan');
    await old.end();
    const { build, bundle: kept } = await keepBundle(place.root, await marked('old'));
    await rm(kept);
    const { notes } = await startCpu(tasks, await marked('new'));
    assert.equal(notes.length, 1);
    assert.match(notes[0] ?? '', new RegExp(`^run orphan began under workflow code ${build}, which is not kept here`));
    // What `temporal workflow update-options --versioning-override-behavior auto_upgrade` does.
    await place.client.workflowService.updateWorkflowExecutionOptions({
      namespace: place.namespace,
      workflowExecution: { workflowId: workflowIdOf(place.project.id, 'orphan') },
      workflowExecutionOptions: { versioningOverride: { autoUpgrade: true } },
      updateMask: { paths: ['versioning_override'] },
    });
    assert.equal(await endOf('orphan'), 'first run (new)');
  });
});

describe('a kept workflow bundle', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-bundle-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  for (const damage of ['', 'cut'])
    it(`that is ${damage === '' ? 'empty' : damage} is set aside and written again`, async () => {
      const { bundle: path } = await keepBundle(root, 'the code');
      await writeFile(path, damage);
      assert.equal((await keepBundle(root, 'the code')).bundle, path);
      assert.equal(await readFile(path, 'utf8'), 'the code');
      assert.equal((await readdir(dirname(path))).length, 2);
    });
});
