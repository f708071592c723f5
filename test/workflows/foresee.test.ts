/**
 * What `plan` says is what runs do: random DAGs with random settings, files removed and altered, tasks that fail, ends set, and retries
 * with other settings, against the real server. A failure prints fast-check's seed and path: `{ seed, path }` beside `numRuns` repeats it.
 */
import assert from 'node:assert/strict';
import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import fc from 'fast-check';
import { z } from 'zod';
import { define, type TaskDefinition } from '../../activities/definition.js';
import { artifactDigests, checkArtifacts } from '../../activities/verify.js';
import { Problem } from '../../configs/problem.js';
import type { Ledger, LedgerTask } from '../../configs/schema/ledger.js';
import type { Plan, PlannedTask } from '../../configs/schema/plan.js';
import { writeFileAtomically } from '../../ml/files/atomic.js';
import { loadCandidates } from '../../workers/candidates.js';
import { foresee, foreseeRetry, type Foreseen } from '../../workflows/foresee.js';
import { ancestors } from '../../workflows/graph.js';
import { cancelUpdate, rememberedQuery, retryUpdate, skipUpdate, type RetryRequest } from '../../workflows/messages.js';
import { refuseRetry } from '../../workflows/refusals.js';
import { UNCHANGED, type Verify } from '../../workflows/reuse.js';
import { newPlace, type Place } from './place.js';
import { inputOf, planned, planOf, quickly } from './plans.js';

const MOST_TASKS = 5;
const CASES = 30;
/** Cases beyond these milliseconds are not begun; the test says how many there were. */
const LONGEST = 45_000;
const by = 'a test';
const indices = [...Array(MOST_TASKS).keys()];
const perTask = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value[]> =>
  fc.array(value, { minLength: MOST_TASKS, maxLength: MOST_TASKS });
const some = fc.subarray(indices, { maxLength: 2 });

const rarely = (value: fc.Arbitrary<number[]>): fc.Arbitrary<number[]> =>
  fc.oneof({ weight: 2, arbitrary: fc.constant<number[]>([]) }, value);
const aStep = fc.record({
  /** Tasks with a new setting. */
  changed: rarely(some),
  removed: rarely(some),
  altered: rarely(some),
  failing: fc.oneof(fc.constant<number[]>([]), some),
  until: fc.option(fc.nat(MOST_TASKS - 1), { freq: 4 }),
  fresh: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.boolean()),
  /** What the tasks that look outside find. */
  world: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.constant(1)),
  /** Of the tasks that fail, one is done without. */
  skips: fc.boolean(),
  retry: fc.record({ named: rarely(some), changed: rarely(some), removed: rarely(some) }),
});
type Step = typeof aStep extends fc.Arbitrary<infer Value> ? Value : never;

const aCase = fc.record({
  tasks: perTask(
    fc.record({ needs: fc.subarray(indices), reads: fc.subarray(indices), outside: fc.boolean(), optional: fc.boolean() }),
  ).map((tasks) =>
    // Half as many look outside as do not; needs come first.
    tasks.map((task, index) => ({
      ...task,
      needs: task.needs.filter((need) => need < index),
      reads: task.reads.filter((read) => read < index),
      outside: task.outside && index % 2 === 0,
    })),
  ),
  steps: fc.array(aStep, { minLength: 2, maxLength: 3 }),
});
type Case = typeof aCase extends fc.Arbitrary<infer Value> ? Value : never;

describe('what plan says', function () {
  this.timeout(120_000);
  let place: Place;
  let world = 0;
  let failing: ReadonlySet<string> = new Set();
  /** A task whose output depends on its setting (two of three give the same), on what it reads, and on the world where it looks there. */
  const made = (index: number): TaskDefinition =>
    define(
      {
        settings: z.object({ value: z.int(), reads: z.array(z.string()), outside: z.boolean() }),
        provides: [out(index)],
      },
      () =>
        Promise.resolve(async ({ settings: { value, reads, outside }, has, digest, file, folder, task }) => {
          if (failing.has(task)) throw new Problem({ code: 'DATASET', message: 'made to fail', cure: 'retry it' });
          const inputs = reads.map((name) => (has(name) ? digest(name) : null));
          const path = await file('runs', folder, `${out(index)}.json`);
          await writeFileAtomically(path, JSON.stringify({ value: value % 2, inputs, world: outside ? world : null }));
          return { artifacts: [{ name: out(index), path }], summary: {} };
        }),
    );

  before(async () => {
    place = await newPlace();
    await place.startWorkers(Object.fromEntries(indices.map((index) => [name(index), made(index)])));
  });
  after(() => place.leave());

  it('runs and retries do: run, reuse or keep, for the reasons told', async () => {
    const told = { runs: 0, retries: 0, run: 0, reuse: 0, keep: 0, open: 0 };
    const happens = async ({ tasks, steps }: Case): Promise<void> => {
      const pipeline = `case-${told.runs}`;
      const runs: { name: string; world: number }[] = [];
      let values = tasks.map(() => 0);
      for (const step of steps) {
        const run = `${pipeline}-${runs.length}`;
        values = await oneRun(run, pipeline, tasks, step, values, runs);
        runs.push({ name: run, world });
      }
    };
    let underWay = Promise.resolve();
    const details = await fc.check(
      fc.asyncProperty(aCase, (one) => (underWay = happens(one))),
      {
        numRuns: CASES,
        endOnFailure: true,
        interruptAfterTimeLimit: LONGEST,
      },
    );
    if (details.interrupted) await underWay; // it still asks the server, which is about to go
    if (details.failed && details.counterexample !== null)
      assert.fail(`${fc.defaultReportMessage(details)}\n${String(details.errorInstance)}`);
    assert.ok(details.numRuns >= 5, `only ${details.numRuns} cases in ${LONGEST} ms`);
    if (details.interrupted) console.warn(`      ${details.numRuns} of ${CASES} cases: the machine is busy`);
    else for (const [what, count] of Object.entries(told)) assert.ok(count > 0, `there was no ${what} in ${details.numRuns} cases`);

    async function oneRun(
      run: string,
      pipeline: string,
      tasks: readonly Drawn[],
      step: Step,
      former: readonly number[],
      earlier: readonly { name: string; world: number }[],
    ): Promise<number[]> {
      const { removed, altered, until, fresh, skips, retry } = step;
      const values = changedBy(former, step.changed);
      world = step.world;
      failing = new Set(step.failing.map(name));
      const spoil = async (of: readonly string[], gone: readonly number[], other: readonly number[]): Promise<void> => {
        for (const run of of) {
          for (const index of gone) await rm(fileOf(run, index), { force: true });
          for (const index of other) await appendFile(fileOf(run, index), ' ').catch(() => undefined); // a run without that file
        }
      };
      await spoil(
        earlier.map((each) => each.name),
        removed,
        altered,
      );
      const plan: Plan = {
        ...planOf(...tasks.map((task, index) => plannedOf(task, index, values[index] ?? 0))),
        pipeline,
      };
      const candidates = fresh ? [] : await loadCandidates(place.root, pipeline);
      const end = until === null ? null : name(until);
      const foreseen = await foresee({ plan, candidates, until: end, fresh }, verify());
      const handle = await place.start(inputOf(run, plan, { candidates, fresh, until: end }));
      told.runs += 1;
      const ledger = await place.until(run, isAtRest);
      const worlds = earlier.some((each) => each.world !== world);
      compare(foreseen, ledger, null, worlds);
      if (ledger.endedAt === null) return goOn(handle, run, tasks, { values, skips, retry, spoil, worlds });
      await handle.result();
      return values;
    }

    async function goOn(
      handle: WorkflowHandle,
      run: string,
      tasks: readonly Drawn[],
      { skips, retry, spoil, worlds, ...drawnBefore }: Pick<Step, 'skips' | 'retry'> & { values: number[]; spoil: Spoil; worlds: boolean },
    ): Promise<number[]> {
      const values = changedBy(drawnBefore.values, retry.changed);
      failing = new Set();
      let ledger = await place.ledger(run);
      const blocked = ledger.tasks.filter(({ state }) => state === 'blocked').map(({ plan }) => plan.name);
      const [first] = blocked;
      if (skips && first !== undefined && blocked.length > 1) {
        await handle.executeUpdate(skipUpdate, { args: [{ tasks: [first], stage: null, reason: 'drawn', by }] });
        ledger = await place.until(run, isAtRest);
      }
      await spoil([run], retry.removed, []);
      const replaced = tasks.map((task, index) => plannedOf(task, index, values[index] ?? 0));
      const drawn: RetryRequest = { tasks: retry.named.map(name), stage: null, plan: replaced, overrides: [], by };
      const refusal = refuseRetry(ledger, drawn);
      if (refusal !== null) {
        await assert.rejects(handle.executeUpdate(retryUpdate, { args: [drawn] }), (error: Error) => {
          return error.cause instanceof Error && error.cause.message === refusal.message;
        });
      } else {
        const remembered = await handle.query(rememberedQuery);
        const foreseen = await foreseeRetry(ledger, remembered, drawn, verify());
        await handle.executeUpdate(retryUpdate, { args: [drawn] });
        told.retries += 1;
        compare(foreseen, await place.until(run, isAtRest), ledger, worlds);
      }
      if ((await place.ledger(run)).endedAt === null) await handle.executeUpdate(cancelUpdate, { args: [{ by }] });
      await handle.result();
      return values;
    }

    /** `before` is the ledger of a run that was retried; null for a new run. `worlds`: what looks outside may find other things than last time. */
    function compare(foreseen: readonly Foreseen[], ledger: Ledger, before: Ledger | null, worlds: boolean): void {
      const plans = ledger.tasks.map(({ plan }) => plan);
      for (const task of ledger.tasks) {
        const { name } = task.plan;
        const said = foreseen.find((each) => each.name === name);
        const story = `${name}: ${JSON.stringify(said)} but ${task.state}: ${task.reason}\n${JSON.stringify(foreseen)}`;
        if (said === undefined || said.action === 'keep') {
          if (said !== undefined) told.keep += 1;
          const was = before?.tasks.find(({ plan }) => plan.name === name);
          if (was === undefined || was.state === 'waiting' || task.state === 'waiting') assert.equal(task.state, 'waiting', story);
          else assert.deepEqual([task.state, task.startedAt, task.output], [was.state, was.startedAt, was.output], story);
          continue;
        }
        const above = ancestors(plans, name);
        if (task.state === 'waiting') {
          assert.ok(
            ledger.tasks.some(({ plan, state }) => above.has(plan.name) && state === 'blocked'),
            story,
          );
          continue;
        }
        const upstream = said.reasons.filter((reason) => reason.startsWith('upstream '));
        for (const reason of upstream) {
          const source = foreseen.find((each) => reason === `upstream ${each.name} runs`);
          assert.equal(source?.action, 'run', story);
        }
        if (upstream.length > 0 || (worlds && plans.some((plan) => plan.outside && above.has(plan.name)))) {
          told.open += 1;
          continue;
        }
        const reasons = said.reasons.filter((reason) => !reason.startsWith('if '));
        assert.deepEqual(happened(task, ledger.run), { action: said.action, reason: reasons.join('; '), fromRun: said.fromRun }, story);
        told[said.action] += 1;
      }
    }
  });

  const fileOf = (run: string, index: number): string => join(place.root, 'runs', run, name(index), `${out(index)}.json`);
  const verify = (): Verify => {
    const digests = artifactDigests(place.root, assert.fail);
    return (artifacts) => checkArtifacts(place.root, artifacts, digests);
  };
});

type Spoil = (runs: readonly string[], removed: readonly number[], altered: readonly number[]) => Promise<void>;

interface Drawn {
  readonly needs: readonly number[];
  readonly reads: readonly number[];
  readonly outside: boolean;
  readonly optional: boolean;
}

function name(index: number): string {
  return `t${index}`;
}

/** Each of three values in turn; two of them lead to the same output. */
function changedBy(values: readonly number[], changed: readonly number[]): number[] {
  return values.map((value, index) => (changed.includes(index) ? (value + 1) % 3 : value));
}

function out(index: number): string {
  return `o${index}`;
}

function plannedOf({ needs, reads, outside, optional }: Drawn, index: number, value: number): PlannedTask {
  // A name that nobody before made is not there; the catalogue's rules for that are not what is tested here.
  const names = reads.filter((read) => read !== index).map(out);
  return planned(name(index), {
    needs: needs.map(name),
    reads: names,
    provides: [out(index)],
    outside,
    optional,
    kind: 'made',
    settings: { value, reads: names, outside },
    retry: quickly(1),
  });
}

function happened({ state, reason, fromRun }: LedgerTask, run: string): { action: string; reason: string; fromRun: string | null } {
  if (state === 'done' && reason === UNCHANGED) return { action: 'reuse', reason, fromRun: run };
  return { action: state === 'reused' ? 'reuse' : 'run', reason, fromRun };
}

function isAtRest({ state, endedAt, tasks }: Ledger): boolean {
  return endedAt !== null || (state === 'blocked' && tasks.every((task) => task.state !== 'running'));
}
