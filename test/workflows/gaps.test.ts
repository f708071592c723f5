/**
 * Every message of a person in every gap: the stretches in which a run waits for something else than its tasks. What is accepted there is
 * done, what cannot be done any more is refused.
 */
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkflowUpdateStage, type WorkflowHandle } from '@temporalio/client';
import { Problem } from '../../configs/problem.js';
import { ledgerPath } from '../../activities/ledger-path.js';
import type { Ledger } from '../../configs/schema/ledger.js';
import { workflowIdOf } from '../../workflows/names.js';
import { approveUpdate, cancelUpdate, pauseUpdate, resumeUpdate, retryUpdate, skipUpdate, untilUpdate } from '../../workflows/messages.js';
import { newDevServer } from './dev-server.js';
import { newPlace, type Place } from './place.js';
import { inputOf, layered, planOf, planned, quickly, states, taskIn } from './plans.js';
import { gate, writing } from './tasks.js';

const by = 'a test';
/** Of events, from which on this server suggests a new history. */
const SUGGESTED_AT = 20;
/** More of them than that number of events has room for. */
const FILLER = layered(16, 4).tasks;

interface Message {
  send(handle: WorkflowHandle): Promise<unknown>;
  /** What comes first, while the run still does its tasks. */
  before?(handle: WorkflowHandle): Promise<unknown>;
  /** Whether the run has the task `ask`. */
  readonly approval?: boolean;
  /** What is left to do once the gap is over. */
  after?(handle: WorkflowHandle, ledger: () => Promise<Ledger>): Promise<void>;
  /** Of the run in Temporal. */
  readonly ends: 'COMPLETED' | 'CANCELLED';
  /** What the last ledger says of some of its tasks. */
  readonly says: Readonly<Record<string, string>>;
}

const pause = (handle: WorkflowHandle): Promise<void> => handle.executeUpdate(pauseUpdate, { args: [{ by }] });
const resume = (handle: WorkflowHandle): Promise<void> => handle.executeUpdate(resumeUpdate, { args: [{ by }] });

/** `hold` ends where a gap begins; `next` and `leaf` come after it; `ask` waits for approval from the beginning; `t-0` is done by then. */
const MESSAGES: Readonly<Record<string, Message>> = {
  cancel: {
    send: (handle) => handle.executeUpdate(cancelUpdate, { args: [{ by }] }),
    ends: 'COMPLETED',
    says: { run: 'cancelled', next: 'cancelled' },
  },
  "Temporal's cancel": {
    send: (handle) => handle.cancel(),
    ends: 'CANCELLED',
    says: { run: 'cancelled', next: 'cancelled' },
  },
  'cancel, both ways at once': {
    // The Update is accepted first, as emo-aen cancel has it: behind Temporal's own cancel the run may end before it comes.
    send: async (handle) => {
      const asked = await handle.startUpdate(cancelUpdate, { args: [{ by }], waitForStage: WorkflowUpdateStage.ACCEPTED });
      await Promise.all([asked.result(), handle.cancel()]);
    },
    ends: 'CANCELLED',
    says: { run: 'cancelled', next: 'cancelled' },
  },
  retry: {
    send: (handle) => handle.executeUpdate(retryUpdate, { args: [{ tasks: ['t-0'], stage: null, plan: [], overrides: [], by }] }),
    ends: 'COMPLETED',
    says: { run: 'completed', next: 'done', 't-0': 'done after 2' },
  },
  skip: {
    send: (handle) => handle.executeUpdate(skipUpdate, { args: [{ tasks: ['leaf'], stage: null, reason: 'not needed', by }] }),
    ends: 'COMPLETED',
    says: { run: 'completed', next: 'done', leaf: 'skipped' },
  },
  approve: {
    send: (handle) => handle.executeUpdate(approveUpdate, { args: [{ task: 'ask', by }] }),
    ends: 'COMPLETED',
    says: { run: 'completed', next: 'done', ask: 'done' },
    approval: true,
  },
  until: {
    send: (handle) => handle.executeUpdate(untilUpdate, { args: [{ task: 'hold', by }] }),
    ends: 'COMPLETED',
    says: { run: 'completed', hold: 'done', next: 'waiting', leaf: 'waiting' },
  },
  pause: {
    send: pause,
    after: async (handle, ledger) => {
      assert.deepEqual([(await ledger()).state, states(await ledger())['next']], ['paused', 'waiting']);
      await resume(handle);
    },
    ends: 'COMPLETED',
    says: { run: 'completed', next: 'done', leaf: 'done' },
  },
  resume: { before: pause, send: resume, ends: 'COMPLETED', says: { run: 'completed', next: 'done', leaf: 'done' } },
};

describe('a message that arrives in a gap', function () {
  this.timeout(300_000);
  let place: Place;
  const holds = new Map<string, ReturnType<typeof gate>>();
  const opened = new Set<string>();
  const began = new Map<string, number>();
  const tasks = {
    nothing: writing([], ({ run, task }) => void began.set(`${run} ${task}`, (began.get(`${run} ${task}`) ?? 0) + 1)),
    // Tries again until it may end: so it takes no worker's place, and any number of runs can hold at once.
    hold: writing([], ({ run }) => {
      if (!opened.has(run)) throw new Problem({ code: 'OUT_OF_MEMORY', message: 'not yet' });
    }),
    works: writing([], ({ run }) => holds.get(run)?.opened),
    fails: writing([], async ({ run }) => {
      await holds.get(run)?.opened;
      throw new Problem({ code: 'DATASET', message: 'bad' });
    }),
  };
  before(async () => {
    place = await newPlace(newDevServer('--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${SUGGESTED_AT}`));
    await place.startWorkers(tasks);
  });
  after(() => place.leave());

  /** A run whose task `hold` runs from the beginning, so that the new history that its length asks for cannot begin. */
  async function held(
    run: string,
    { approval = false, until = null }: { approval?: boolean; until?: string | null } = {},
  ): Promise<WorkflowHandle> {
    const after = { uses: 'nothing', needs: ['hold'] };
    const hold = planned('hold', { retry: { ...quickly(1_000), backoffMs: 1_000, coefficient: 1 } });
    const ask = planned('ask', { uses: 'nothing', approval: 'look' });
    const plan = planOf(hold, ...(approval ? [ask] : []), ...FILLER, planned('next', after), planned('leaf', after));
    const handle = await place.start(inputOf(run, plan, { until }));
    await place.until(run, (ledger) => (until === null ? isDraining(ledger, 'hold') : states(ledger)['hold'] === 'running'));
    return handle;
  }

  /** Whether only that task still runs, though others could: nothing new starts once the history is long. */
  function isDraining({ tasks }: Ledger, last: string): boolean {
    const running = tasks.filter(({ state }) => state === 'running').map(({ plan }) => plan.name);
    const done = new Set(tasks.filter(({ state }) => state === 'done').map(({ plan }) => plan.name));
    const couldStart = tasks.some(
      ({ state, plan }) =>
        plan.uses === 'nothing' && state === 'waiting' && plan.approval === null && plan.needs.every((need) => done.has(need)),
    );
    return running.join() === last && couldStart;
  }

  /** A folder in the ledger's place: writing waits, as on a full disk. */
  async function disk(run: string, state: 'full' | 'free'): Promise<void> {
    const path = ledgerPath(place.root, run);
    for (;;) {
      await rm(path, { recursive: true, force: true });
      if (state === 'free') return;
      const inTheWay = await mkdir(path).then(
        () => true,
        () => false, // a ledger was written meanwhile
      );
      if (inTheWay) break;
    }
    await writeFile(join(path, 'in the way'), '');
  }

  async function histories(run: string): Promise<number> {
    let count = 0;
    for await (const _ of place.client.workflow.list({ query: `WorkflowId = '${workflowIdOf(place.project.id, run)}'` })) count += 1;
    return count;
  }

  /** Resolves once the server has heard of so many activities that they completed; no worker of workflows is needed for that. */
  async function completed(handle: WorkflowHandle, activities: number): Promise<void> {
    for (;;) {
      const { events } = await handle.fetchHistory();
      const found = events?.filter((event) => (event.activityTaskCompletedEventAttributes ?? null) !== null) ?? [];
      if (found.length >= activities) return;
      await new Promise((resolve) => setTimeout(resolve, 50)); // a history must be asked for
    }
  }

  async function endOf(handle: WorkflowHandle, run: string, { after, ends, says }: Message): Promise<void> {
    await after?.(handle, () => place.until(run, ({ state }) => state === 'paused'));
    await handle.result().catch(() => undefined); // a run that Temporal cancelled rejects: how it ended is asked next
    assert.equal((await handle.describe()).status.name, ends);
    const ledger = await place.ledgerOnDisk(run);
    const said = Object.keys(says).map((name) => {
      if (name === 'run') return [name, ledger.state];
      const { state, attempts, plan } = taskIn(ledger, name);
      return [name, attempts > 1 && plan.uses === 'nothing' ? `${state} after ${attempts}` : state];
    });
    assert.deepEqual(Object.fromEntries(said), says);
    if (says['next'] !== 'done') assert.equal(began.get(`${run} next`), undefined, 'next began all the same');
  }

  /** The gaps, each with what makes a run of the given name wait in it, has it get the message there, and looks how it ends. */
  const GAPS: Readonly<Record<string, (run: string, message: Message) => Promise<void>>> = {
    'while the last task of a long history still runs': async (run, message) => {
      const handle = await held(run, message);
      await message.before?.(handle);
      await message.send(handle);
      if (message.says['run'] === 'cancelled') await place.until(run, ({ events }) => events.some(({ action }) => action === 'cancel'));
      opened.add(run);
      await endOf(handle, run, message);
    },
    'while the last ledger of a history is written': async (run, message) => {
      const handle = await held(run, message);
      await message.before?.(handle);
      await disk(run, 'full');
      opened.add(run);
      await place.until(run, (ledger) => states(ledger)['hold'] === 'done');
      await message.send(handle);
      await disk(run, 'free');
      await endOf(handle, run, message);
      if (message.says['next'] === 'done') assert.ok((await histories(run)) > 1, 'all fitted into one history');
    },
    'while the last ledger of the run is written, which is too late': async (run, message) => {
      const handle = await held(run, { ...message, until: 'hold' });
      await disk(run, 'full');
      opened.add(run);
      await place.until(run, ({ endedAt }) => endedAt !== null);
      // Temporal takes its own cancel without asking the run.
      if (message === MESSAGES["Temporal's cancel"]) await message.send(handle);
      else await assert.rejects(message.send(handle), (error: Error) => /has ended: it is completed/.test(String(error.cause)));
      await disk(run, 'free');
      if (message.ends === 'CANCELLED') {
        // On a busy machine Temporal may hand out the run's last step again, together with the cancel: then it is in time.
        const ended = await handle.result().then(
          () => 'completed',
          () => 'cancelled',
        );
        return assert.equal((await place.ledgerOnDisk(run)).state, ended);
      }
      assert.deepEqual(await handle.result(), { run, state: 'completed' });
      const { events } = await place.ledgerOnDisk(run);
      assert.deepEqual(new Set(events.map(({ action }) => action)), new Set(['start']));
    },
  };

  for (const [where, happens] of Object.entries(GAPS)) {
    // Each waits for timers of Temporal most of the time: all at once.
    it(`${where}: ${Object.keys(MESSAGES).join(', ')}`, async () => {
      const runs = Object.values(MESSAGES).map((message, index) => happens(`${where.replaceAll(/[^a-z]/g, '')}-${index}`, message));
      const faults = (await Promise.allSettled(runs)).flatMap((ended, index) =>
        ended.status === 'rejected' ? [`${Object.keys(MESSAGES)[index]}: ${String(ended.reason)}`] : [],
      );
      assert.deepEqual(faults, []);
    });
  }

  it('while a run that was told to end sooner waits for what still runs: it goes on if it is told to', async () => {
    const handle = await held('sooner');
    const until = (task: string | null): Promise<void> => handle.executeUpdate(untilUpdate, { args: [{ task, by }] });
    await until('t-0');
    await until(null);
    opened.add('sooner');
    assert.deepEqual(await handle.result(), { run: 'sooner', state: 'completed' });
    assert.equal(states(await place.ledgerOnDisk('sooner'))['next'], 'done');
  });

  it('while a run that was told to end sooner waits for what still runs: what is retried is done', async () => {
    const handle = await held('again');
    await handle.executeUpdate(untilUpdate, { args: [{ task: 't-0', by }] });
    await handle.executeUpdate(retryUpdate, { args: [{ tasks: ['t-0'], stage: null, plan: [], overrides: [], by }] });
    opened.add('again');
    assert.deepEqual(await handle.result(), { run: 'again', state: 'completed' });
    assert.equal(taskIn(await place.ledgerOnDisk('again'), 't-0').attempts, 2);
  });

  it('with the very event that ends the wait: a cancel is heard before the run goes on', async () => {
    holds.set('together', gate());
    const plan = planOf(planned('works', { queue: 'gpu' }), ...FILLER, planned('next', { uses: 'nothing', needs: ['works'] }));
    const handle = await place.start(inputOf('together', plan));
    await place.until('together', (ledger) => isDraining(ledger, 'works'));
    const done = Object.values(states(await place.ledger('together'))).filter((state) => state === 'done').length;
    await place.stopWorkers(['cpu']);
    holds.get('together')?.open();
    await completed(handle, done + 1);
    await handle.cancel();
    await place.startWorkers(tasks, ['cpu']);
    await assert.rejects(handle.result());
    assert.equal((await handle.describe()).status.name, 'CANCELLED');
    assert.equal(began.get('together next'), undefined);
  });

  it('that a fail-fast task fails while others of a long history run: the run ends as failed', async () => {
    holds.set('fast', gate());
    const plan = planOf(
      planned('fails', { onFailure: 'fail-fast', queue: 'gpu' }),
      ...FILLER,
      planned('next', { uses: 'nothing', needs: ['t-0', 'fails'] }),
    );
    const handle = await place.start(inputOf('fast', plan));
    await place.until('fast', (ledger) => isDraining(ledger, 'fails'));
    await disk('fast', 'full');
    holds.get('fast')?.open();
    await place.until('fast', ({ endedAt }) => endedAt !== null);
    await disk('fast', 'free');
    await assert.rejects(handle.result());
    assert.equal((await place.ledgerOnDisk('fast')).state, 'failed');
  });
});
