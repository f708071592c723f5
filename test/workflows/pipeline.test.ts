import assert from 'node:assert/strict';
import { Problem } from '../../configs/problem.js';
import { workflowIdOf } from '../../workflows/names.js';
import { cancelUpdate, pauseUpdate, resumeUpdate, retryUpdate, skipUpdate } from '../../workflows/messages.js';
import { newPlace, type Place } from './place.js';
import { inputOf, planOf, planned, quickly, states, taskIn } from './plans.js';
import { gate, writing } from './tasks.js';

const by = 'a test';

describe('a run', function () {
  this.timeout(60_000);
  let place: Place;
  beforeEach(async () => {
    place = await newPlace();
  });
  afterEach(() => place.leave());

  const update = (run: string) => place.client.workflow.getHandle(workflowIdOf(place.project.id, run));

  it('does every task once its needs are met, independent ones at the same time, and records what was made', async () => {
    const order: string[] = [];
    const both = gate();
    let meeting = 0;
    const meet = async (): Promise<void> => {
      meeting += 1;
      if (meeting === 2) both.open();
      await both.opened; // ends only if left and right run at the same time
    };
    await place.startWorkers({
      first: writing(['a'], () => void order.push('first')),
      left: writing(['b'], meet),
      right: writing(['c'], meet),
      last: writing(['d'], (context) => {
        order.push('last');
        assert.ok(context.artifact('b').endsWith('b.json'));
        assert.match(context.digest('c'), /^[0-9a-f]{64}$/);
      }),
    });
    const plan = planOf(
      planned('first', { provides: ['a'] }),
      planned('left', { needs: ['first'], reads: ['a'], provides: ['b'] }),
      planned('right', { needs: ['first'], reads: ['a'], provides: ['c'], queue: 'gpu' }),
      planned('last', { needs: ['left', 'right'], reads: ['b', 'c'], provides: ['d'] }),
    );
    const handle = await place.start(inputOf('order', plan));
    assert.deepEqual(await handle.result(), { run: 'order', state: 'completed' });
    assert.deepEqual(order, ['first', 'last']);
    const ledger = await place.ledgerOnDisk('order');
    assert.equal(ledger.state, 'completed');
    assert.deepEqual(ledger, await place.ledger('order'));
    assert.deepEqual(states(ledger), { first: 'done', left: 'done', right: 'done', last: 'done' });
    const made = taskIn(ledger, 'left');
    assert.equal(made.attempts, 1);
    assert.equal(made.reason, 'first run');
    assert.equal(made.output?.artifacts[0]?.path, 'runs/order/left/b.json');
  });

  it('retries what may pass by itself and counts the attempts', async () => {
    await place.startWorkers({
      shaky: writing([], ({ attempt }) => {
        if (attempt < 3) throw new Problem({ code: 'OUT_OF_MEMORY', message: 'no memory' });
      }),
    });
    await (await place.start(inputOf('shaky', planOf(planned('shaky'))))).result();
    assert.equal(taskIn(await place.ledgerOnDisk('shaky'), 'shaky').attempts, 3);
  });

  it('blocks on a failed task, lets independent branches finish, and goes on from there when retried with other settings', async () => {
    const ran: string[] = [];
    await place.startWorkers({
      audit: writing(['report'], ({ settings }) => {
        ran.push(`audit ${String(settings['limit'])}`);
        if (settings['limit'] === 1) {
          throw new Problem({ code: 'DATASET', message: 'too few photos', where: 'training_files/beach', cure: 'add photos' });
        }
      }),
      aside: writing(['x'], () => void ran.push('aside')),
      after: writing(['y'], () => void ran.push('after')),
    });
    const audit = planned('audit', { kind: 'dataset', settings: { limit: 1 }, provides: ['report'] });
    const plan = planOf(
      audit,
      planned('aside', { provides: ['x'] }),
      planned('after', { needs: ['audit'], reads: ['report'], provides: ['y'] }),
    );
    const handle = await place.start(inputOf('blocked', plan));
    const blocked = await place.until('blocked', (ledger) => states(ledger)['audit'] === 'blocked' && states(ledger)['aside'] === 'done');
    assert.equal(blocked.state, 'blocked');
    assert.equal(taskIn(blocked, 'after').state, 'waiting');
    assert.equal(taskIn(blocked, 'audit').attempts, 1);
    assert.deepEqual(taskIn(blocked, 'audit').failure, {
      code: 'DATASET',
      message: 'too few photos',
      where: 'training_files/beach',
      cure: 'add photos',
    });
    const overrides = [{ path: 'dataset.limit', value: 2 }];
    const answer = await update('blocked').executeUpdate(retryUpdate, {
      args: [{ tasks: [], stage: null, plan: [{ ...audit, settings: { limit: 2 } }], overrides, by }],
    });
    assert.deepEqual(answer, { tasks: ['audit'] });
    await handle.result();
    assert.deepEqual(ran.sort(), ['after', 'aside', 'audit 1', 'audit 2']);
    const ledger = await place.ledgerOnDisk('blocked');
    assert.equal(taskIn(ledger, 'audit').reason, 'retried by a test; settings changed: dataset.limit 1 -> 2');
    assert.equal(taskIn(ledger, 'audit').attempts, 2);
    assert.equal(taskIn(ledger, 'audit').failure, null);
    assert.deepEqual(
      ledger.events.map(({ action, tasks, overrides: set }) => ({ action, tasks, set })),
      [
        { action: 'start', tasks: [], set: [] },
        { action: 'retry', tasks: ['audit'], set: overrides },
      ],
    );
  });

  it('tells an unexpected error with its causes', async () => {
    await place.startWorkers({
      broken: writing([], () => {
        throw new Error('no good', { cause: new Error('a bug') });
      }),
    });
    await place.start(inputOf('broken', planOf(planned('broken', { retry: quickly(2) }))));
    const ledger = await place.until('broken', ({ state }) => state === 'blocked');
    const { failure, attempts } = taskIn(ledger, 'broken');
    assert.equal(failure?.code, 'UNEXPECTED');
    assert.equal(failure.message, 'no good; caused by: a bug');
    assert.equal(attempts, 2);
  });

  it('refuses to retry what makes no sense, with the reason and the cure', async () => {
    const hold = gate();
    await place.startWorkers({ busy: writing([], () => hold.opened), next: writing([]) });
    const handle = await place.start(inputOf('refusals', planOf(planned('busy'), planned('next', { needs: ['busy'] }))));
    await place.until('refusals', (ledger) => states(ledger)['busy'] === 'running');
    const retry = (tasks: string[]): Promise<unknown> =>
      update('refusals').executeUpdate(retryUpdate, { args: [{ tasks, stage: null, plan: [], overrides: [], by }] });
    const told = (pattern: RegExp) => (error: unknown) =>
      error instanceof Error && error.cause instanceof Error && pattern.test(error.cause.message);
    await assert.rejects(retry(['nowhere']), told(/run refusals has no task nowhere/));
    await assert.rejects(retry(['busy']), told(/busy is running/));
    await assert.rejects(retry(['next']), told(/next has not run yet: waits for busy/));
    await assert.rejects(retry([]), told(/nothing is blocked/));
    await assert.rejects(update('refusals').executeUpdate(resumeUpdate, { args: [{ by }] }), told(/is not paused: it is running/));
    hold.open();
    await handle.result();
  });

  it('never takes skipped for done: dependants wait, the run is blocked, and a retry undoes the skip', async () => {
    let fails = true;
    await place.startWorkers({
      shaky: writing([], () => {
        if (fails) throw new Problem({ code: 'DATASET', message: 'bad' });
      }),
      after: writing([]),
    });
    const handle = await place.start(inputOf('skip', planOf(planned('shaky'), planned('after', { needs: ['shaky'] }))));
    await place.until('skip', ({ state }) => state === 'blocked');
    await update('skip').executeUpdate(skipUpdate, { args: [{ tasks: ['shaky'], stage: null, reason: 'known bad', by }] });
    const skipped = await place.ledger('skip');
    assert.deepEqual(states(skipped), { shaky: 'skipped', after: 'waiting' });
    assert.equal(skipped.state, 'blocked');
    assert.equal(taskIn(skipped, 'shaky').reason, 'skipped by a test: known bad');
    fails = false;
    await update('skip').executeUpdate(retryUpdate, { args: [{ tasks: ['shaky'], stage: null, plan: [], overrides: [], by }] });
    await handle.result();
    assert.deepEqual(states(await place.ledgerOnDisk('skip')), { shaky: 'done', after: 'done' });
  });

  it('completes without a skipped task that nothing needs', async () => {
    await place.startWorkers({
      bad: writing([], () => {
        throw new Problem({ code: 'DATASET', message: 'bad' });
      }),
      good: writing([]),
    });
    const handle = await place.start(inputOf('leaf', planOf(planned('bad'), planned('good'))));
    await place.until('leaf', ({ state, tasks }) => state === 'blocked' && tasks.every((task) => task.state !== 'running'));
    await update('leaf').executeUpdate(skipUpdate, { args: [{ tasks: ['bad'], stage: null, reason: 'not needed', by }] });
    assert.deepEqual(await handle.result(), { run: 'leaf', state: 'completed' });
    assert.deepEqual(states(await place.ledgerOnDisk('leaf')), { bad: 'skipped', good: 'done' });
  });

  it('starts nothing new while paused and goes on when resumed', async () => {
    const hold = gate();
    await place.startWorkers({ one: writing([], () => hold.opened), two: writing([]) });
    const handle = await place.start(inputOf('pause', planOf(planned('one'), planned('two', { needs: ['one'] }))));
    await place.until('pause', (ledger) => states(ledger)['one'] === 'running');
    await update('pause').executeUpdate(pauseUpdate, { args: [{ by }] });
    hold.open();
    const paused = await place.until('pause', (ledger) => states(ledger)['one'] === 'done');
    assert.equal(paused.state, 'paused');
    assert.equal(taskIn(paused, 'two').state, 'waiting');
    await update('pause').executeUpdate(resumeUpdate, { args: [{ by }] });
    assert.deepEqual(await handle.result(), { run: 'pause', state: 'completed' });
  });

  it('aborts what runs when cancelled, and keeps what was done', async () => {
    let aborted = false;
    const begun = gate();
    await place.startWorkers({
      done: writing(['x']),
      long: writing([], ({ signal }) => {
        begun.open();
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(signal.reason);
          });
        });
      }),
      never: writing([]),
    });
    const plan = planOf(planned('done', { provides: ['x'] }), planned('long', { needs: ['done'] }), planned('never', { needs: ['long'] }));
    const handle = await place.start(inputOf('cancel', plan));
    await begun.opened;
    await update('cancel').executeUpdate(cancelUpdate, { args: [{ by }] });
    assert.deepEqual(await handle.result(), { run: 'cancel', state: 'cancelled' });
    assert.ok(aborted);
    const ledger = await place.ledgerOnDisk('cancel');
    assert.equal(ledger.state, 'cancelled');
    assert.deepEqual(states(ledger), { done: 'done', long: 'cancelled', never: 'cancelled' });
    assert.equal(ledger.events.at(-1)?.by, by);
  });

  it('does the same when Temporal itself is asked to cancel', async () => {
    await place.startWorkers({
      long: writing([], ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))),
    });
    const handle = await place.start(inputOf('native', planOf(planned('long'))));
    await place.until('native', (ledger) => states(ledger)['long'] === 'running');
    await handle.cancel();
    await assert.rejects(handle.result(), /cancelled/i);
    assert.equal((await handle.describe()).status.name, 'CANCELLED');
    assert.equal((await place.ledgerOnDisk('native')).events.at(-1)?.by, 'Temporal');
  });

  it('stops at the task named by until, and says so of the rest', async () => {
    await place.startWorkers({ one: writing([]), two: writing([]), three: writing([]) });
    const plan = planOf(planned('one'), planned('two', { needs: ['one'] }), planned('three', { needs: ['two'] }));
    assert.deepEqual(await (await place.start(inputOf('until', plan, { until: 'two' }))).result(), { run: 'until', state: 'completed' });
    const ledger = await place.ledgerOnDisk('until');
    assert.deepEqual(states(ledger), { one: 'done', two: 'done', three: 'waiting' });
    assert.equal(taskIn(ledger, 'three').reason, 'not asked for: --until two');
  });

  it('refuses a second run under the same name, open or closed', async () => {
    await place.startWorkers({ one: writing([]) });
    const handle = await place.start(inputOf('twice', planOf(planned('one'))));
    await assert.rejects(place.start(inputOf('twice', planOf(planned('one')))), /already started/);
    await handle.result();
    await assert.rejects(place.start(inputOf('twice', planOf(planned('one')))), /already started/);
  });
});
