import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { Problem } from '../../configs/problem.js';
import { listRuns } from '../../workers/list-runs.js';
import { observe } from '../../workers/observe.js';
import { identify } from '../../workers/processes/identity.js';
import { writeRecord, type ProcessRecord } from '../../workers/processes/record.js';
import type { Project } from '../../workers/project/project.js';
import { describeWork } from '../../workers/project/whose.js';
import { createWorker } from '../../workers/worker.js';
import { WORKFLOW_TYPE } from '../../workflows/input.js';
import { taskQueueOf, workflowIdOf } from '../../workflows/names.js';
import { isStuck, type RunStatus } from '../../workers/report.js';
import { connectTo, embeddedServer, type TemporalLink } from '../../workers/temporal.js';
import { bundle, newPlace, type Place } from '../workflows/place.js';
import { inputOf, planned, planOf } from '../workflows/plans.js';
import { gate, writing } from '../workflows/tasks.js';

/** Asks until `wanted` holds: nothing tells when a file or the server's view has changed. */
async function asked<Answer>(ask: () => Promise<Answer>, wanted: (answer: Answer) => boolean): Promise<Answer> {
  for (const deadline = Date.now() + 20_000; ;) {
    const answer = await ask().catch((error: unknown) => {
      if (Date.now() > deadline) throw error;
      return null;
    });
    if (answer !== null && wanted(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`never came: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('the standing of a run', function () {
  this.timeout(60_000);
  let place: Place;
  let link: TemporalLink;
  beforeEach(async () => {
    place = await newPlace();
    const [, port] = place.address.split(':');
    const target = { ...embeddedServer({ frontend: Number(port), ui: 0 }), namespace: place.namespace };
    link = await connectTo(target, place.project);
  });
  afterEach(async () => {
    await link.close();
    await place.leave();
  });

  const noServer = (): Promise<TemporalLink> =>
    Promise.reject(new Problem({ code: 'UNREACHABLE', message: 'no server', cure: 'emo-aen up' }));
  const linked = (): Promise<TemporalLink> => Promise.resolve(link);
  const eventually = (run: string, wanted: (status: RunStatus) => boolean, way = linked): Promise<RunStatus> =>
    asked(() => observe(place.root, run, way), wanted);
  const begin = (...args: Parameters<Place['start']>) => place.start(...args);

  it('shows progress, attempt and last failure of what runs now', async () => {
    const hold = gate();
    await place.startWorkers({
      train: writing([], async ({ attempt, progress }) => {
        progress({ message: `epoch ${attempt}`, done: attempt, total: 10, unit: 'epoch', secondsLeft: 60, numbers: { loss: 0.25 } });
        if (attempt === 1) throw new Problem({ code: 'DEVICE_LOST', message: 'the GPU went away' });
        await hold.opened;
      }),
    });
    const handle = await begin(inputOf('live', planOf(planned('train', { queue: 'gpu' }))));
    const status = await eventually('live', ({ tasks: [first] }) => first?.progress?.done === 2);
    const [task] = status.tasks;
    assert.deepEqual([status.source, task?.state, task?.attempts], ['workflow', 'retrying', 2]);
    assert.deepEqual([task?.failure?.code, task?.failure?.message], ['DEVICE_LOST', 'the GPU went away']);
    assert.deepEqual(task?.progress, { message: 'epoch 2', done: 2, total: 10, unit: 'epoch', secondsLeft: 60, numbers: { loss: 0.25 } });
    hold.open();
    await handle.result();
    const ended = await observe(place.root, 'live', noServer);
    assert.deepEqual([ended.state, ended.source, ended.tasks[0]?.state, ended.tasks[0]?.attempts], ['completed', 'ledger file', 'done', 2]);
  });

  it('tells within seconds that the ledger cannot be written, and no longer once it can', async () => {
    const hold = gate();
    await place.startWorkers({ train: writing([], () => hold.opened) });
    const handle = await begin(inputOf('unwritable', planOf(planned('train'))));
    // Written last before the task ends: nothing else is moved to this place meanwhile.
    await asked(
      () => place.ledgerOnDisk('unwritable'),
      ({ tasks: [task] }) => task?.state === 'running',
    );
    const ledger = join(place.root, 'runs', 'unwritable', 'ledger.json');
    await rm(ledger, { force: true });
    await mkdir(join(ledger, 'in-its-place'), { recursive: true });
    const { remark } = await eventually('unwritable', ({ source }) => source === 'workflow');
    assert.match(String(remark), /the ledger of this run cannot be written, and is tried again until it can: .*\n {2}cure: move it away/);
    await rm(ledger, { recursive: true });
    hold.open();
    await handle.result();
    assert.equal((await observe(place.root, 'unwritable', linked)).remark, null);
  });

  describe('whose worker cannot read it', () => {
    const otherKey = (): Project => ({ ...place.project, keys: [randomBytes(32)] });
    const standing = (run: string): Promise<RunStatus> => observe(place.root, run, linked);

    it('says that the worker does not have the key, where it takes the start of the run', async () => {
      await place.startWorkers({ audit: writing([]) });
      const target = { ...embeddedServer({ frontend: Number(place.address.split(':')[1]), ui: 0 }), namespace: place.namespace };
      const stranger = await connectTo(target, otherKey());
      const input = inputOf('foreign', planOf(planned('audit')));
      const handle = await stranger.client.workflow.start(WORKFLOW_TYPE, {
        workflowId: workflowIdOf(place.project.id, 'foreign'),
        taskQueue: taskQueueOf(place.project.id, 'cpu'),
        args: [input],
      });
      await assert.rejects(handle.result());
      await assert.rejects(
        observe(place.root, 'foreign', () => Promise.resolve(stranger)),
        {
          code: 'UNSEALED',
          message: "run foreign ended at once: the worker that took it does not have this project's key",
          cure: /set the same EMO_AEN_PAYLOAD_KEY .*emo-aen up/,
        },
      );
      await stranger.close();
    });

    it('says so where only a worker with another key is left to answer', async () => {
      await place.startWorkers({ train: writing([]) }, ['cpu']);
      const handle = await begin(inputOf('keyless', planOf(planned('train', { queue: 'gpu' }))));
      await eventually('keyless', ({ tasks: [first] }) => first?.state === 'running');
      const native = await NativeConnection.connect({ address: place.address });
      const { root, namespace } = place;
      const options = { kind: 'cpu', root, project: otherKey(), connection: native, namespace, tasks: {}, bundle: await bundle() } as const;
      const worker = await createWorker(options);
      const ended = worker.run();
      await place.stopWorkers();
      const { remark, source } = await eventually('keyless', (status) => /this project's key/.test(status.remark ?? ''));
      assert.equal(source, 'ledger file');
      assert.match(String(remark), /^as last written: the cpu worker \d+@\S+ does not have this project's key\n {2}cure: set the same EMO/);
      worker.shutdown();
      await ended;
      await native.close();
      await handle.terminate();
    });

    it('says so of a worker of this machine that was started for another key, and forgets it after the next up', async () => {
      await place.startWorkers({ train: writing([]) }, ['cpu']);
      const handle = await begin(inputOf('older', planOf(planned('train', { queue: 'gpu' }))));
      await eventually('older', ({ tasks: [first] }) => first?.state === 'running');
      const self = identify(process.pid);
      assert.ok(self);
      const started = { version: 1, name: 'gpu', process: self, startedAt: '', log: null, code: '', program: '' } as const;
      const record = (project: Project): ProcessRecord => ({
        ...started,
        args: [],
        target: describeWork(link, project),
        supervisor: null,
        deaths: null,
      });
      await writeRecord(place.root, record(otherKey()));
      const words = (await standing('older')).tasks[0]?.unattended;
      assert.match(
        String(words),
        /^the gpu worker \(pid \d+\) was started for another server, project or key than this command: emo-aen up/,
      );
      await writeRecord(place.root, record(place.project));
      assert.equal((await standing('older')).tasks[0]?.unattended, null);
      await handle.terminate();
    });
  });

  it('comes from the ledger on disk, and says so, where no worker or no server answers', async () => {
    await place.startWorkers({
      audit: writing([], () => {
        throw new Problem({ code: 'DATASET', message: 'bad' });
      }),
    });
    await begin(inputOf('file', planOf(planned('audit'))));
    await place.until('file', ({ state }) => state === 'blocked');
    await eventually('file', ({ state }) => state === 'blocked', noServer);
    await place.stopWorkers();
    for (const [way, remark] of [
      [linked, /no worker answers/],
      [noServer, /no server/],
    ] as const) {
      const status = await observe(place.root, 'file', way);
      assert.deepEqual([status.state, status.source, isStuck(status)], ['blocked', 'ledger file', true]);
      assert.match(status.remark ?? '', remark);
    }
  });

  it('is failed where Temporal ended the run against its will', async () => {
    const hold = gate();
    await place.startWorkers({ long: writing([], () => hold.opened) });
    const handle = await begin(inputOf('terminated', planOf(planned('long'))));
    await eventually('terminated', ({ tasks: [first] }) => first?.state === 'running');
    await handle.terminate('by a test');
    const status = await observe(place.root, 'terminated', linked);
    assert.equal(status.state, 'failed');
    assert.match(status.remark ?? '', /terminated/);
    const { source } = await asked(
      () => listRuns(place.root, linked),
      ({ runs: [first] }) => first?.run === 'terminated' && first.state === 'failed',
    );
    assert.equal(source, 'server and ledger files');
    assert.equal((await listRuns(place.root, noServer)).source, 'ledger files');
  });

  it('is not known where neither server nor disk knows the run, and unreachable where nobody can be asked', async () => {
    const told = (code: string) => (error: unknown) => error instanceof Problem && error.code === code;
    await assert.rejects(observe(place.root, 'nowhere', linked), told('NOT_FOUND'));
    await assert.rejects(observe(place.root, 'nowhere', noServer), told('UNREACHABLE'));
    await place.startWorkers({ one: writing([]) });
    await (await begin(inputOf('known', planOf(planned('one'))))).result();
    await assert.rejects(
      observe(place.root, 'knwon', linked),
      (error: unknown) => error instanceof Problem && error.cure === 'did you mean known?',
    );
    await rm(join(place.root, 'runs'), { recursive: true });
    assert.equal((await observe(place.root, 'known', linked)).state, 'completed');
  });
});
