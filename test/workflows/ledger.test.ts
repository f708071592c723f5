import assert from 'node:assert/strict';
import type { Ledger, TaskState } from '../../configs/schema/ledger.js';
import { Ledger as LedgerSchema } from '../../configs/schema/ledger.js';
import { inputsIn, wantedTasks } from '../../workflows/graph.js';
import { isComplete, openLedger, openState, startable, withTask } from '../../workflows/ledger.js';
import { refuseEnding, refusePause, refuseResume, refuseRetry, refuseSkip } from '../../workflows/refusals.js';
import { applyRetry } from '../../workflows/retry.js';
import { inputOf, planned, planOf, states, taskIn } from './plans.js';

const plan = planOf(
  planned('root', { provides: ['x'] }),
  planned('left', { needs: ['root'], reads: ['x'], provides: ['y'], kind: 'train', settings: { lr: 1 } }),
  planned('right', { needs: ['root'] }),
  planned('end', { needs: ['left', 'right'], reads: ['x', 'y'] }),
  planned('check', { needs: ['end'], uses: 'checklist' }),
);
const all = wantedTasks(plan.tasks, null);
const by = 'ann';

/** A ledger whose tasks are in these states, as a run would leave them. */
function ledgerWith(given: Record<string, TaskState>, until: string | null = null): Ledger {
  let ledger = openLedger(inputOf('r', plan, { until }), '2026-01-01T00:00:00Z');
  for (const [name, state] of Object.entries(given)) {
    const served = state === 'done' || state === 'reused';
    ledger = withTask(ledger, name, { state, output: served ? { artifacts: [], summary: {}, warnings: [] } : null });
  }
  return ledger;
}

const retry = (tasks: string[], change: object = {}) => ({ tasks, stage: null, plan: [], overrides: [], by, ...change });

describe('a ledger', () => {
  it('begins with every task waiting and passes its schema', () => {
    const ledger = LedgerSchema.parse(ledgerWith({}));
    assert.deepEqual(new Set(Object.values(states(ledger))), new Set(['waiting']));
    assert.equal(taskIn(ledger, 'end').reason, 'waits for left, right');
  });

  it('lets those start whose needs are all done or reused', () => {
    const names = (ledger: Ledger): string[] => startable(ledger, all).map((task) => task.plan.name);
    assert.deepEqual(names(ledgerWith({})), ['root']);
    assert.deepEqual(names(ledgerWith({ root: 'reused' })), ['left', 'right']);
    assert.deepEqual(names(ledgerWith({ root: 'done', left: 'done', right: 'skipped' })), []);
    assert.deepEqual(names(ledgerWith({ root: 'done', left: 'blocked', right: 'done' })), []);
  });

  const openStates: readonly [string, Record<string, TaskState>, boolean, string][] = [
    ['running', { root: 'running' }, false, 'running'],
    ['paused', { root: 'running' }, true, 'paused'],
    ['blocked though a branch runs', { root: 'done', left: 'blocked', right: 'running' }, false, 'blocked'],
    ['running while a branch without the skipped task does', { root: 'done', left: 'skipped', right: 'running' }, false, 'running'],
    ['blocked where only dependants of a skipped task are left', { root: 'done', left: 'skipped', right: 'done' }, false, 'blocked'],
  ];
  for (const [what, given, paused, state] of openStates) {
    it(`is ${what}`, () => assert.equal(openState(ledgerWith(given), all, paused), state));
  }

  it('is complete when all that was asked for is settled', () => {
    assert.equal(isComplete(ledgerWith({ root: 'done', left: 'done' }, 'left'), wantedTasks(plan.tasks, 'left')), true);
    assert.equal(isComplete(ledgerWith({ root: 'done', left: 'done' }), all), false);
  });

  it('hands a task what those before it made, and of equal names the nearest', () => {
    const artifact = (name: string, path: string) => ({ name, path, sha256: '', bytes: 0 });
    const made: Record<string, ReturnType<typeof artifact>[]> = {
      root: [artifact('x', 'root/x'), artifact('y', 'root/y')],
      left: [artifact('y', 'left/y')],
    };
    const end = taskIn(ledgerWith({}), 'end').plan;
    assert.deepEqual(
      inputsIn(plan.tasks)
        .of(end, (name) => made[name] ?? [])
        .map(({ path }) => path),
      ['root/x', 'left/y'],
    );
  });
});

describe('a retry', () => {
  it('sets the blocked tasks and what depends on them back, and leaves the rest', () => {
    const before = ledgerWith({ root: 'done', left: 'blocked', right: 'done' });
    const { ledger, reset, forced } = applyRetry(before, retry([]), 'now');
    assert.deepEqual(reset, ['left']);
    assert.deepEqual(states(ledger), { root: 'done', left: 'waiting', right: 'done', end: 'waiting', check: 'waiting' });
    assert.equal(forced.size, 0);
  });

  it('of a done task forces it, and lets those after it decide for themselves', () => {
    const before = ledgerWith({ root: 'done', left: 'done', right: 'done', end: 'done', check: 'skipped' });
    const { ledger, reset, forced, reasons } = applyRetry(before, retry(['left']), 'now');
    assert.deepEqual(reset, ['left', 'end']);
    assert.deepEqual([...forced], ['left']);
    assert.deepEqual(reasons.get('left'), ['retried by ann']);
    assert.equal(reasons.get('end'), undefined);
    assert.equal(taskIn(ledger, 'check').state, 'skipped');
    assert.equal(taskIn(ledger, 'left').output, null);
  });

  it('with new settings replaces the planned task and says what changed', () => {
    const before = ledgerWith({ root: 'done', left: 'blocked' });
    const left = { ...taskIn(before, 'left').plan, settings: { lr: 2 } };
    const { ledger, reasons } = applyRetry(before, retry([], { plan: [left] }), 'now');
    assert.deepEqual(taskIn(ledger, 'left').plan.settings, { lr: 2 });
    assert.deepEqual(reasons.get('left'), ['retried by ann', 'settings changed: train.lr 1 -> 2']);
  });
});

describe('a request is refused with the reason', () => {
  const running = ledgerWith({ root: 'done', left: 'done', right: 'blocked', end: 'running' });
  const cases: readonly [string, { message: string } | null, RegExp | null][] = [
    ['retry of no task', refuseRetry(running, retry(['nope'])), /has no task nope/],
    ['retry of what runs', refuseRetry(running, retry(['end'])), /end is running/],
    ['retry of what has not run', refuseRetry(running, retry(['check'])), /check has not run yet/],
    ['retry under a running dependant', refuseRetry(running, retry(['left'])), /end is running on what would be made again/],
    ['retry where nothing is blocked', refuseRetry(ledgerWith({ root: 'running' }), retry([])), /nothing is blocked/],
    [
      'other needs',
      refuseRetry(ledgerWith({ root: 'blocked' }), retry([], { plan: [planned('root', { needs: ['left'] })] })),
      /needs of root/,
    ],
    ['retry of a skipped task', refuseRetry(ledgerWith({ root: 'skipped' }), retry(['root'])), null],
    [
      'skip of what is done',
      refuseSkip(running, { tasks: ['root'], stage: null, reason: 'r', by }),
      /root is done: there is nothing to skip/,
    ],
    ['skip of what runs, or waits for its next try', refuseSkip(running, { tasks: ['end'], stage: null, reason: 'r', by }), null],
    ['skip of the checklist', refuseSkip(running, { tasks: ['check'], stage: null, reason: 'r', by }), /cannot be skipped/],
    ['skip without a reason', refuseSkip(running, { tasks: ['right'], stage: null, reason: ' ', by }), /needs a reason/],
    ['skip of what is blocked', refuseSkip(running, { tasks: ['right'], stage: null, reason: 'r', by }), null],
    ['pause of a paused run', refusePause({ ...running, state: 'paused' }), /paused already/],
    ['resume of what is not paused', refuseResume({ ...running, state: 'blocked' }), /is not paused: it is blocked/],
    [
      'anything to a run that has ended',
      refuseEnding({ ...running, state: 'completed', endedAt: 'then' }, null),
      /has ended: it is completed/,
    ],
    ['anything to a run that is being cancelled', refuseEnding(running, 'the run was cancelled'), /is ending: the run was cancelled/],
  ];
  for (const [what, refusal, pattern] of cases) {
    it(pattern === null ? `and so not: ${what}` : what, () => {
      if (pattern === null) assert.equal(refusal, null);
      else assert.match(refusal?.message ?? 'accepted', pattern);
    });
  }
});
