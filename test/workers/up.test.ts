import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import { Problem } from '../../configs/problem.js';
import { sendUpdate } from '../../cli/run/update.js';
import { readLedger } from '../../workers/candidates.js';
import { cpuWorkers } from '../../workers/cpu.js';
import { queryLedger } from '../../workers/observe.js';
import { startRun } from '../../workers/start-run.js';
import { projectOf } from '../../workers/project/project.js';
import { connectTemporal, temporalTarget } from '../../workers/temporal.js';
import { workflowIdOf } from '../../workflows/names.js';
import { bundle } from '../workflows/place.js';
import { planned, planOf, quickly } from '../workflows/plans.js';
import { writing } from '../workflows/tasks.js';
import { hasEnded } from '../../workers/processes/identity.js';
import { startServer } from '../../workers/server/start.js';
import { choosePorts } from '../../workers/server/ports.js';
import { bringDown, bringUp, runningProcesses, type Brought } from '../../workers/up.js';

describe("a project's processes", () => {
  const roots: string[] = [];
  const address = process.env['TEMPORAL_ADDRESS'];
  afterEach(async () => {
    delete process.env['TEMPORAL_ADDRESS'];
    if (address !== undefined) process.env['TEMPORAL_ADDRESS'] = address;
    for (const root of roots.splice(0)) {
      await bringDown(root);
      await rm(root, { recursive: true, force: true });
    }
  });

  async function project(): Promise<string> {
    const root = await mkdtemp(join(tmpdir(), 'emo-aen-up-'));
    roots.push(root);
    return root;
  }

  const started = ({ processes }: Brought): string[] => processes.filter((one) => one.started).map(({ name }) => name);
  const pids = ({ processes }: Brought): number[] => processes.map(({ pid }) => pid);

  it('are started once by two who start them at once, and only what was killed is started again', async () => {
    const root = await project();
    const [one, other] = await Promise.all([bringUp(root), bringUp(root)]);
    assert.deepEqual([...started(one), ...started(other)].sort(), ['cpu', 'gpu', 'server']);
    assert.deepEqual(pids(one), pids(other));
    const again = await bringUp(root);
    assert.deepEqual([started(again), pids(again)], [[], pids(one)]);

    const gpu = (await runningProcesses(root)).find(({ name }) => name === 'gpu');
    assert.ok(gpu);
    process.kill(gpu.process.pid, 'SIGKILL');
    assert.ok(await hasEnded(gpu.process, 5_000));
    const mended = await bringUp(root);
    assert.deepEqual(started(mended), ['gpu']);
    assert.deepEqual([mended.address, mended.uiUrl], [one.address, one.uiUrl]);

    const begun = performance.now();
    const { processes } = await bringDown(root);
    assert.ok(performance.now() - begun < 10_000);
    assert.deepEqual(
      processes.map(({ name, ended }) => [name, ended]),
      [
        ['cpu', 'gracefully'],
        ['gpu', 'gracefully'],
        ['server', 'gracefully'],
      ],
    );
    assert.deepEqual(await runningProcesses(root), []);
    assert.deepEqual(await bringDown(root), { processes: [] });
  });

  it('are the workers alone where the surroundings name a server, and they move to it', async () => {
    const [studio, root] = [await project(), await project()];
    await bringUp(root);
    const { target } = await startServer(studio);
    process.env['TEMPORAL_ADDRESS'] = target.split(' ')[0];
    const notes: string[] = [];
    const moved = await bringUp(root, (text) => notes.push(text));
    assert.equal(moved.embedded, false);
    assert.deepEqual(started(moved), ['cpu', 'gpu']);
    assert.equal(notes.filter((text) => /worker .* is connected to .*: starting it anew/.test(text)).length, 2);
    assert.deepEqual(
      (await runningProcesses(root)).map((record) => record.target === target),
      [false, true, true],
    );
  });

  it('go on with a run that began under older workflow code, as it was, and begin new ones under the newest', async () => {
    const root = await project();
    await startServer(root);
    const code = await readFile(await bundle(), 'utf8');
    const older = await workOn(root, code.replace('skipped by ', 'skipped, as of old, by '));
    await blockedRun(root, 'older');
    await older();
    await bringDown(root);

    const notes: string[] = [];
    await bringUp(root, (text) => notes.push(text));
    assert.deepEqual(notes, []);
    await blockedRun(root, 'newer');
    assert.equal(await skipIn(root, 'older'), 'skipped, as of old, by ann: not needed');
    assert.equal(await skipIn(root, 'newer'), 'skipped by ann: not needed');
  });

  const unknown = writing([], () => {
    throw new Problem({ code: 'DATASET', message: 'no such task' });
  });

  /** What the cpu process of another build does; gives how to end it. */
  async function workOn(root: string, code: string): Promise<() => Promise<void>> {
    const { connection: options, namespace } = await temporalTarget(root);
    const connection = await NativeConnection.connect(options);
    const { workers, settle } = await cpuWorkers({ root, project: await projectOf(root), connection, namespace, tasks: { unknown }, code });
    const running = Promise.all(workers.map((worker) => worker.run()));
    await settle();
    return async () => {
      for (const worker of workers) worker.shutdown();
      await running;
      await connection.close();
    };
  }

  /** A run whose one task fails, since no worker of today knows it: it is blocked at once. */
  async function blockedRun(root: string, run: string): Promise<void> {
    const link = await connectTemporal(root);
    const plan = planOf(planned('unknown', { retry: quickly(1) }));
    await startRun(root, link, { plan, overrides: [], name: run, fromRun: null, until: null, fresh: false, by: 'ann' });
    while ((await queryLedger(link, run))?.state !== 'blocked') await delay(50); // a workflow pushes nothing: it must be asked
    await link.close();
  }

  async function skipIn(root: string, run: string): Promise<string | undefined> {
    const link = await connectTemporal(root);
    await sendUpdate(root, link, run, 'skip', { task: 'unknown', reason: 'not needed', by: 'ann' });
    await link.client.workflow.getHandle(workflowIdOf(link.project.id, run)).result();
    await link.close();
    return (await readLedger(root, run))?.tasks[0]?.reason;
  }

  it('are left alone where that server does not answer', async () => {
    const root = await project();
    const { frontend } = await choosePorts(root, {});
    process.env['TEMPORAL_ADDRESS'] = `127.0.0.1:${frontend}`;
    await assert.rejects(bringUp(root), { code: 'UNREACHABLE' });
    assert.deepEqual(await runningProcesses(root), []);
  });
});
