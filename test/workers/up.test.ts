import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import { projectCatalog } from '../../activities/own/catalog.js';
import { describeRun } from '../../cli/run/words.js';
import { compilePlan } from '../../configs/load/compile.js';
import { CLONE } from '../../configs/load/installation.js';
import { Problem } from '../../configs/problem.js';
import { sendUpdate } from '../../cli/run/update.js';
import { readLedger } from '../../workers/candidates.js';
import { cpuWorkers } from '../../workers/cpu.js';
import { observe, queryLedger } from '../../workers/observe.js';
import type { RunStatus } from '../../workers/report.js';
import { startRun } from '../../workers/start-run.js';
import { projectOf } from '../../workers/project/project.js';
import { connectTemporal, temporalTarget } from '../../workers/temporal.js';
import { workflowIdOf } from '../../workflows/names.js';
import { bundle } from '../workflows/place.js';
import { planned, planOf, quickly } from '../workflows/plans.js';
import { writing } from '../workflows/tasks.js';
import { hasEnded, isAlive } from '../../workers/processes/identity.js';
import { findRecord, findRunning, isSupervised, type ProcessRecord } from '../../workers/processes/record.js';
import { startServer } from '../../workers/server/start.js';
import { choosePorts } from '../../workers/server/ports.js';
import { bringDown, bringUp, runningProcesses, type Brought } from '../../workers/up.js';

const HELD = `import { defineActivity } from 'emo-aen/activity';
export default defineActivity({ stage: 3, async run({ progress }) {
  const tell = () => progress({ message: 'working', secondsLeft: 54 });
  tell();
  await new Promise(() => setInterval(tell, 500));
} });
`;

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

  it('are started once by two who start them at once; what is killed comes back by itself', async () => {
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
    const gpuAgain = await another(root, gpu);
    assert.equal(gpuAgain.deaths?.how, 'SIGKILL');
    const mended = await bringUp(root);
    assert.deepEqual(started(mended), []);
    assert.deepEqual([mended.address, mended.uiUrl], [one.address, one.uiUrl]);

    const { processes } = await bringDown(root);
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

  it('are not started where the key of the project is damaged, and the file is named', async () => {
    const root = await project();
    await projectOf(root);
    await writeFile(join(root, '.emo-aen', 'project.json'), '');
    await assert.rejects(
      bringUp(root),
      (error) => error instanceof Problem && error.code === 'CONFLICT' && /project\.json/.test(error.where ?? ''),
    );
    assert.deepEqual(await runningProcesses(root), []);
  });

  it('go on without their supervisor, get a new one from the next up, and leave nothing behind', async () => {
    const root = await project();
    const first = await bringUp(root);
    const before = await runningProcesses(root);
    for (const { supervisor } of before) {
      assert.ok(supervisor);
      process.kill(supervisor.pid, 'SIGKILL');
      assert.ok(await hasEnded(supervisor, 5_000));
    }
    const again = await bringUp(root);
    assert.deepEqual([started(again), pids(again)], [[], pids(first)], 'all went on');
    const adopted = await runningProcesses(root);
    assert.ok(adopted.every(isSupervised));

    const cpu = adopted.find(({ name }) => name === 'cpu');
    assert.ok(cpu);
    process.kill(cpu.process.pid, 'SIGKILL');
    const next = await another(root, cpu);
    await bringDown(root);
    for (const { process, supervisor } of [...adopted, next]) assert.ok(!isAlive(process) && supervisor !== null && !isAlive(supervisor));
  });

  it('of which one cannot be kept running are ended by down in the middle of a pause', async () => {
    const root = await project();
    await bringUp(root);
    const gpu = (await runningProcesses(root)).find(({ name }) => name === 'gpu');
    assert.ok(gpu?.supervisor);
    process.kill(gpu.process.pid, 'SIGKILL');
    while ((await findRecord(root, 'gpu'))?.deaths === null) await delay(20); // nothing tells when a file is written
    await bringDown(root);
    assert.ok(!isAlive(gpu.supervisor));
    assert.deepEqual(await runningProcesses(root), []);
  });

  /** The process that takes the place of one that was killed. */
  async function another(root: string, killed: ProcessRecord): Promise<ProcessRecord> {
    for (;;) {
      const record = await findRunning(root, killed.name);
      if (record !== null && record.process.pid !== killed.process.pid) return record;
      await delay(50); // nothing tells when it is started
    }
  }

  it('are the workers alone where the surroundings name a server, and they move to it', async () => {
    const [studio, root] = [await project(), await project()];
    await bringUp(root);
    const { target } = await startServer(studio);
    process.env['TEMPORAL_ADDRESS'] = target.split(' ')[0];
    const notes: string[] = [];
    const moved = await bringUp(root, (text) => notes.push(text));
    assert.equal(moved.embedded, false);
    assert.deepEqual(started(moved), ['cpu', 'gpu']);
    assert.equal(notes.filter((text) => /worker .* works for .*: starting it anew/.test(text)).length, 2);
    assert.deepEqual(
      (await runningProcesses(root)).map((record) => record.target.startsWith(target)),
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
    await sendUpdate(root, link, run, 'skip', { tasks: ['unknown'], stage: null, reason: 'not needed', by: 'ann' });
    await link.client.workflow.getHandle(workflowIdOf(link.project.id, run)).result();
    await link.close();
    return (await readLedger(root, run))?.tasks[0]?.reason;
  }

  it('of which the gpu worker was killed in a task are told of as such within seconds, though the server still counts on it', async () => {
    const root = await project();
    await bringUp(root);
    const link = await connectTemporal(root);
    await mkdir(join(root, 'activities', 'held'), { recursive: true });
    await writeFile(join(root, 'activities', 'held', 'activity.mjs'), HELD);
    await mkdir(join(root, 'configs'));
    await writeFile(join(root, 'configs', 'held.yaml'), 'version: 1\nname: held\ntasks:\n  h: { uses: held, queue: gpu }\n');
    await mkdir(join(root, 'node_modules'));
    await symlink(CLONE, join(root, 'node_modules', 'emo-aen'));
    const plan = await compilePlan(root, 'configs/held.yaml', [], await projectCatalog(root));
    await startRun(root, link, { plan, overrides: [], name: 'held', fromRun: null, until: null, fresh: false, by: 'ann' });
    const seen = (): Promise<RunStatus> => observe(root, 'held', () => Promise.resolve(link));
    while ((await seen()).tasks[0]?.progress?.secondsLeft !== 54) await delay(100); // a workflow pushes nothing: it must be asked
    assert.equal((await seen()).tasks[0]?.unattended, null);
    const gpu = await findRunning(root, 'gpu');
    assert.ok(gpu?.supervisor);
    process.kill(gpu.supervisor.pid, 'SIGKILL');
    process.kill(gpu.process.pid, 'SIGKILL');
    assert.ok(await hasEnded(gpu.process, 5_000));
    const status = await seen();
    assert.match(
      status.tasks[0]?.unattended ?? '',
      /^nobody works on it: its worker \(pid \d+\) has ended; the gpu worker does not run: emo-aen up$/,
    );
    assert.doesNotMatch(describeRun(status), /54 s left/);
    await link.close();
  });

  it('are left alone where that server does not answer', async () => {
    const root = await project();
    const { frontend } = await choosePorts(root, {});
    process.env['TEMPORAL_ADDRESS'] = `127.0.0.1:${frontend}`;
    await assert.rejects(bringUp(root), { code: 'UNREACHABLE' });
    assert.deepEqual(await runningProcesses(root), []);
  });
});
