import assert from 'node:assert/strict';
import type { Ledger } from '../../../configs/schema/ledger.js';
import type { PlannedTask } from '../../../configs/schema/plan.js';
import { estimate } from '../../../cli/plan/estimate.js';
import { planText } from '../../../cli/plan/words.js';
import type { Foreseen } from '../../../workflows/foresee.js';
import { openLedger } from '../../../workflows/ledger.js';
import { UNCHANGED } from '../../../workflows/reuse.js';
import { inputOf, planned, planOf } from '../../workflows/plans.js';

/** The ledger of a run in which each of `seconds` was done in so many. */
function took(seconds: Readonly<Record<string, number>>, change: { uses?: string; reason?: string } = {}): Ledger {
  const names = Object.keys(seconds);
  const ledger = openLedger(inputOf('earlier', planOf(...names.map((name) => planned(name, { uses: change.uses ?? name })))), '');
  const [startedAt, end] = ['2026-01-01T00:00:00.000Z', Date.parse('2026-01-01T00:00:00.000Z')];
  const tasks = ledger.tasks.map((task) => ({
    ...task,
    state: 'done' as const,
    reason: change.reason ?? 'first run',
    startedAt,
    endedAt: new Date(end + (seconds[task.plan.name] ?? 0) * 1000).toISOString(),
  }));
  return { ...ledger, tasks };
}

function foreseen(name: string, action: Foreseen['action'] = 'run'): Foreseen {
  return { name, stage: 1, action, reasons: ['a reason'], fromRun: null, approval: null };
}

function secondsOf(
  plan: readonly PlannedTask[],
  ledgers: readonly Ledger[],
  actions: Readonly<Record<string, Foreseen['action']>> = {},
): number {
  return estimate(
    plan.map(({ name }) => foreseen(name, actions[name])),
    plan,
    ledgers,
  ).seconds;
}

describe('how long a plan takes', () => {
  it('is for a task the median of its newest five executions, of the same activity, without what was only taken over', () => {
    const ledgers = [
      took({ a: 1 }, { reason: UNCHANGED }),
      took({ a: 2 }, { uses: 'other' }),
      ...[10, 90, 20, 30, 40, 1000].map((a) => took({ a })),
    ];
    const { tasks } = estimate([foreseen('a'), foreseen('b')], [planned('a'), planned('b')], ledgers);
    assert.deepEqual(
      tasks.map(({ estimateSeconds }) => estimateSeconds),
      [30, null],
    );
  });

  it('follows the longest path, on which what is reused or kept takes no time', () => {
    const plan = [planned('a'), planned('b', { needs: ['a'] }), planned('c', { needs: ['a'] }), planned('d', { needs: ['b', 'c'] })];
    const ledgers = [took({ a: 1, b: 10, c: 100, d: 1000 })];
    assert.equal(secondsOf(plan, ledgers), 1101);
    assert.equal(secondsOf(plan, ledgers, { a: 'keep', c: 'reuse' }), 1010);
  });

  it('gives the gpu queue one task at a time, the first that can start', () => {
    const gpu = (name: string, needs: string[] = []): PlannedTask => planned(name, { queue: 'gpu', needs });
    const ledgers = [took({ slow: 50, late: 5, early: 20, last: 1 })];
    assert.equal(secondsOf([planned('slow'), gpu('late', ['slow']), gpu('early'), gpu('last', ['slow'])], ledgers), 56);
    assert.equal(secondsOf([gpu('slow'), gpu('early')], ledgers), 70);
    assert.equal(secondsOf([gpu('slow'), gpu('early')], ledgers, { early: 'reuse' }), 50);
  });

  it('counts a task that is running as if it had just begun', () => {
    const plan = [planned('a'), planned('b', { needs: ['a'] })];
    const { seconds } = estimate([foreseen('a', 'keep'), foreseen('b')], plan, [took({ a: 3, b: 4 })], new Set(['a']));
    assert.equal(seconds, 7);
  });

  it('is told as the least where a task never ran before, by name', () => {
    const plan = [planned('a'), planned('b', { needs: ['a'] })];
    assert.equal(
      planText(estimate([foreseen('a'), foreseen('b')], plan, [took({ a: 3 })])),
      [
        '1  a  run    3.0 s  a reason',
        '1  b  run        ?  a reason',
        '',
        '2 to run, 0 to reuse; at least 3.0 s: no earlier run says how long b would take',
      ].join('\n'),
    );
  });

  it('is found for a thousand tasks of the gpu queue, where counting every path would never end', () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `t${index}`);
    const plan = names.map((name, index) => planned(name, { queue: 'gpu', needs: index < 50 ? [] : [`t${index - 50}`] }));
    const ledgers = [took(Object.fromEntries(names.map((name) => [name, 1])))];
    assert.equal(secondsOf(plan, ledgers), 1_000);
  });
});
