import assert from 'node:assert/strict';
import { Problem } from '../../configs/problem.js';
import type { Ledger } from '../../configs/schema/ledger.js';
import { loadCandidates } from '../../workers/candidates.js';
import { workflowIdOf } from '../../workflows/names.js';
import {
  approveUpdate,
  pauseUpdate,
  resumeUpdate,
  retryUpdate,
  skipUpdate,
  untilUpdate,
  type ApproveAnswer,
} from '../../workflows/messages.js';
import { newPlace, type Place } from './place.js';
import { inputOf, planOf, planned, quickly, states, taskIn } from './plans.js';
import { gate, writing } from './tasks.js';

const by = 'a test';

function told(pattern: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof Error && error.cause instanceof Error && pattern.test(error.cause.message);
}

describe('a run with gates and policies', function () {
  this.timeout(60_000);
  let place: Place;
  before(async () => {
    place = await newPlace();
  });
  afterEach(() => place.stopWorkers());
  after(() => place.leave());

  const update = (run: string) => place.client.workflow.getHandle(workflowIdOf(place.project.id, run));
  const approve = (run: string, task: string): Promise<ApproveAnswer> => update(run).executeUpdate(approveUpdate, { args: [{ task, by }] });
  const retry = (run: string, tasks: string[], stage: number | null = null) =>
    update(run).executeUpdate(retryUpdate, { args: [{ tasks, stage, plan: [], overrides: [], by }] });
  const skip = (run: string, tasks: string[], stage: number | null = null) =>
    update(run).executeUpdate(skipUpdate, { args: [{ tasks, stage, reason: 'not needed', by }] });
  const bad = (): void => {
    throw new Problem({ code: 'DATASET', message: 'bad' });
  };

  it('asks a person before a task that needs approval, and again where what it would run on has changed', async () => {
    let content = 1;
    const ran: string[] = [];
    await place.startWorkers({
      make: writing(['x'], (context) => void (context.settings['content'] = content)),
      publish: writing([], () => void ran.push('publish')),
    });
    const plan = planOf(
      planned('make', { provides: ['x'] }),
      planned('publish', { needs: ['make'], reads: ['x'], approval: 'look at the report' }),
    );
    const handle = await place.start(inputOf('approval', plan));
    const waiting = await place.until('approval', ({ state }) => state === 'blocked');
    assert.deepEqual(states(waiting), { make: 'done', publish: 'waiting' });
    assert.match(taskIn(waiting, 'publish').reason, /^waits for approval \(look at the report\): emo-aen approve approval publish/);
    await assert.rejects(approve('approval', 'make'), told(/make needs no approval/));
    content = 2;
    await retry('approval', ['make']);
    await place.until('approval', ({ state, events }) => state === 'blocked' && events.length === 2);
    assert.deepEqual(ran, []);
    await approve('approval', 'publish');
    assert.deepEqual(await handle.result(), { run: 'approval', state: 'completed' });
    assert.deepEqual(ran, ['publish']);
    const ledger = await place.ledgerOnDisk('approval');
    const { action, tasks, by: who, reason } = ledger.events.at(-1) ?? {};
    assert.deepEqual({ action, tasks, who, reason }, { action: 'approve', tasks: ['publish'], who: by, reason: 'look at the report' });
    assert.equal(taskIn(ledger, 'publish').approved, taskIn(ledger, 'publish').fingerprint);
  });

  it('tells, while the run is paused, which tasks only the pause holds, an approved one among them', async () => {
    await place.startWorkers({ one: writing([]) });
    const plan = planOf(
      planned('one'),
      planned('publish', { uses: 'one', approval: 'look' }),
      planned('after', { uses: 'one', needs: ['publish'] }),
    );
    const handle = await place.start(inputOf('held', plan));
    await place.until('held', (ledger) => ledger.state === 'blocked' && states(ledger)['one'] === 'done');
    await update('held').executeUpdate(pauseUpdate, { args: [{ by }] });
    assert.deepEqual(await approve('held', 'publish'), { paused: true });
    const reasons = (ledger: Ledger) => ['publish', 'after'].map((name) => taskIn(ledger, name).reason);
    assert.deepEqual(reasons(await place.ledger('held')), ['about to start once the paused run is resumed', 'waits for publish']);
    await update('held').executeUpdate(resumeUpdate, { args: [{ by }] });
    assert.deepEqual(await handle.result(), { run: 'held', state: 'completed' });
    assert.doesNotMatch(reasons(await place.ledgerOnDisk('held')).join(), /paused/);
  });

  it('does not take an approval for other inputs than those that were approved', async () => {
    let content = 1;
    let broken = true;
    await place.startWorkers({
      make: writing(['x'], (context) => void (context.settings['content'] = content)),
      publish: writing([], () => (broken ? bad() : undefined)),
    });
    const plan = planOf(planned('make', { provides: ['x'] }), planned('publish', { needs: ['make'], reads: ['x'], approval: 'look' }));
    const handle = await place.start(inputOf('again', plan));
    await place.until('again', ({ state }) => state === 'blocked');
    await approve('again', 'publish');
    await place.until('again', (ledger) => taskIn(ledger, 'publish').state === 'blocked');
    broken = false;
    content = 2;
    await retry('again', ['make', 'publish']);
    const asked = await place.until('again', (ledger) => ledger.state === 'blocked');
    assert.match(taskIn(asked, 'publish').reason, /^waits for approval/);
    await approve('again', 'publish');
    await handle.result();
  });

  it('ends as failed where a fail-fast task fails: what runs is stopped, nothing new starts', async () => {
    const begun = gate();
    let aborted = false;
    await place.startWorkers({
      critical: writing([], async () => {
        await begun.opened;
        bad();
      }),
      long: writing([], ({ signal }) => {
        begun.open();
        signal.addEventListener('abort', () => (aborted = true));
        return new Promise(() => undefined);
      }),
      later: writing([]),
    });
    const plan = planOf(planned('critical', { onFailure: 'fail-fast' }), planned('long'), planned('later', { needs: ['long'] }));
    const handle = await place.start(inputOf('fast', plan));
    await assert.rejects(handle.result(), told(/critical failed, and it is declared fail-fast/));
    assert.ok(aborted);
    const ledger = await place.ledgerOnDisk('fast');
    assert.equal(ledger.state, 'failed');
    assert.deepEqual(states(ledger), { critical: 'blocked', long: 'cancelled', later: 'cancelled' });
    assert.equal(taskIn(ledger, 'later').reason, 'critical failed, and it is declared fail-fast');
  });

  it('goes on without an optional task that is skipped, and only then', async () => {
    const seen: string[] = [];
    await place.startWorkers({ extra: writing(['x'], bad), report: writing([], ({ task }) => void seen.push(task)), other: writing([]) });
    const plan = planOf(planned('extra', { optional: true, provides: ['x'] }), planned('report', { needs: ['extra'] }), planned('other'));
    const handle = await place.start(inputOf('optional', plan));
    const blocked = await place.until('optional', (ledger) => ledger.state === 'blocked' && states(ledger)['other'] === 'done');
    assert.equal(taskIn(blocked, 'report').state, 'waiting');
    assert.deepEqual(await skip('optional', ['extra']), { tasks: ['extra'] });
    assert.deepEqual(await handle.result(), { run: 'optional', state: 'completed' });
    assert.deepEqual(seen, ['report']);
    assert.deepEqual(states(await place.ledgerOnDisk('optional')), { extra: 'skipped', report: 'done', other: 'done' });
  });

  it('skips a task that waits for its next try, and one in the middle of its attempt, which is stopped first', async () => {
    const [tried, began] = [gate(), gate()];
    let stopped = false;
    await place.startWorkers({
      again: writing([], () => {
        tried.open();
        throw new Problem({ code: 'UNREACHABLE', message: 'not now' });
      }),
      long: writing([], async ({ signal }) => {
        began.open();
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        stopped = true;
      }),
      report: writing([]),
    });
    const anHour = { ...quickly(3), backoffMs: 3_600_000, maxBackoffMs: 3_600_000 };
    const plan = planOf(
      planned('again', { optional: true, retry: anHour }),
      planned('long', { optional: true }),
      planned('report', { needs: ['again', 'long'] }),
    );
    const handle = await place.start(inputOf('between-tries', plan));
    await Promise.all([tried.opened, began.opened]);
    assert.deepEqual(await skip('between-tries', ['again', 'long']), { tasks: ['again', 'long'] });
    assert.deepEqual(await handle.result(), { run: 'between-tries', state: 'completed' });
    const ledger = await place.ledgerOnDisk('between-tries');
    assert.deepEqual(states(ledger), { again: 'skipped', long: 'skipped', report: 'done' });
    assert.equal(taskIn(ledger, 'again').reason, 'skipped by a test: not needed');
    assert.ok(stopped);
  });

  it('retries and skips by stage', async () => {
    let broken = true;
    const ran: string[] = [];
    const shaky = writing([], ({ task }) => {
      ran.push(task);
      if (broken) bad();
    });
    await place.startWorkers({ shaky, fine: writing([], ({ task }) => void ran.push(task)) });
    const plan = planOf(
      planned('one', { stage: 1, uses: 'fine' }),
      planned('two', { stage: 2, uses: 'shaky', needs: ['one'] }),
      planned('three', { stage: 2, uses: 'fine', needs: ['one'] }),
      planned('four', { stage: 3, uses: 'shaky', needs: ['one'] }),
    );
    const handle = await place.start(inputOf('stages', plan));
    const settled = (names: string[], state: string) =>
      place.until('stages', (ledger) => names.every((name) => states(ledger)[name] === state));
    await settled(['two', 'four'], 'blocked');
    await settled(['three'], 'done');
    await assert.rejects(retry('stages', [], 7), told(/has no task of stage 7/));
    await assert.rejects(retry('stages', ['one'], 1), told(/tasks and a stage are named/));
    await assert.rejects(skip('stages', [], 1), told(/nothing of stage 1 is blocked or waits/));
    assert.deepEqual(await skip('stages', [], 3), { tasks: ['four'] });
    broken = false;
    ran.length = 0;
    assert.deepEqual(await retry('stages', [], 2), { tasks: ['two'] }); // three of the same stage is done and stays so
    assert.deepEqual(await handle.result(), { run: 'stages', state: 'completed' });
    assert.deepEqual(ran, ['two']);
  });

  it('can be told to end earlier, or later, while it runs', async () => {
    const hold = gate();
    await place.startWorkers({ first: writing([], () => hold.opened), next: writing([]) });
    const plan = planOf(
      planned('first'),
      planned('second', { uses: 'next', needs: ['first'] }),
      planned('third', { uses: 'next', needs: ['second'] }),
    );
    const until = (task: string | null): Promise<void> => update('end').executeUpdate(untilUpdate, { args: [{ task, by }] });
    const handle = await place.start(inputOf('end', plan, { until: 'first' }));
    await place.until('end', (ledger) => states(ledger)['first'] === 'running');
    await assert.rejects(until('first'), told(/ends with first already/));
    await assert.rejects(until('nowhere'), told(/has no task nowhere/));
    await until(null);
    assert.equal(taskIn(await place.ledger('end'), 'third').reason, 'waits for second');
    await until('second');
    hold.open();
    await handle.result();
    const ledger = await place.ledgerOnDisk('end');
    assert.deepEqual(states(ledger), { first: 'done', second: 'done', third: 'waiting' });
    assert.equal(taskIn(ledger, 'third').reason, 'not asked for: --until second');
    assert.equal(ledger.until, 'second');
  });

  it('hands a task the path of an output that its settings refer to, and runs it again only where those bytes changed', async () => {
    const seen: unknown[] = [];
    let content = 1;
    await place.startWorkers({
      make: writing(['x'], (context) => void (context.settings['content'] = content)),
      use: writing(['y'], ({ settings }) => void seen.push(settings['from'])),
    });
    const plan = planOf(
      planned('make', { provides: ['x'], outside: true }),
      planned('use', {
        needs: ['make'],
        provides: ['y'],
        settings: { from: '${tasks.make.outputs.x}' },
        references: [{ path: ['from'], task: 'make', output: 'x' }],
      }),
    );
    await (await place.start(inputOf('refer', plan))).result();
    assert.deepEqual(seen, ['runs/refer/make/x.json']);
    await (await place.start(inputOf('refer-2', plan, { candidates: await loadCandidates(place.root, 'test') }))).result();
    assert.equal(taskIn(await place.ledgerOnDisk('refer-2'), 'use').state, 'reused');
    content = 2;
    await (await place.start(inputOf('refer-3', plan, { candidates: await loadCandidates(place.root, 'test') }))).result();
    assert.equal(taskIn(await place.ledgerOnDisk('refer-3'), 'use').reason, 'input tasks.make.outputs.x changed');
    assert.deepEqual(seen, ['runs/refer/make/x.json', 'runs/refer-3/make/x.json']);
  });

  it('gives up a task that no worker takes in time, and one whose tries take too long together', async () => {
    await place.startWorkers({ slow: writing([], () => Promise.reject(new Error('not yet'))) }, ['cpu']);
    const plan = planOf(
      planned('lonely', { queue: 'gpu', queueTimeoutMs: 300 }),
      planned('slow', { totalTimeoutMs: 700, retry: { ...quickly(1_000), backoffMs: 100 } }),
    );
    await place.start(inputOf('limits', plan));
    const ledger = await place.until('limits', (now) => Object.values(states(now)).every((state) => state === 'blocked'));
    assert.match(taskIn(ledger, 'lonely').failure?.message ?? '', /queueTimeout/);
    assert.match(taskIn(ledger, 'slow').failure?.message ?? '', /totalTimeout|not yet/);
  });

  it('does not try again what its retry settings name', async () => {
    let tries = 0;
    await place.startWorkers({
      full: writing([], () => {
        tries += 1;
        throw new Problem({ code: 'DISK_FULL', message: 'no room' });
      }),
    });
    await place.start(inputOf('codes', planOf(planned('full', { retry: { ...quickly(5), nonRetryable: ['DISK_FULL'] } }))));
    const ledger = await place.until('codes', ({ state }) => state === 'blocked');
    assert.equal(tries, 1);
    assert.equal(taskIn(ledger, 'full').failure?.code, 'DISK_FULL');
  });
});
