/**
 * What a run would do, before it does it: a new one, or one that is open and a person retries. Pure but for `verify`, which looks at
 * files; it begins with the ledger and the memory that the run itself would have, and decides by the same functions.
 */
import type { Ledger, LedgerTask } from '../configs/schema/ledger.js';
import type { Artifact } from '../configs/schema/payload.js';
import type { Plan } from '../configs/schema/plan.js';
import { decide, type ReuseCandidate } from './decide.js';
import { fingerprint } from './fingerprint.js';
import { inputsIn, wantedTasks, type Inputs } from './graph.js';
import { notAskedFor, openLedger, serves } from './ledger.js';
import { Memory, type Remembered } from './memory.js';
import type { RetryRequest } from './messages.js';
import { applyRetry } from './retry.js';
import { firstThatVerifies, reasonsToRun, UNCHANGED, type Verify } from './reuse.js';

export interface Foreseen {
  readonly name: string;
  readonly stage: number;
  /** `keep`: nothing is done about it; it stays done, skipped or blocked, runs on, or waits. */
  readonly action: 'run' | 'reuse' | 'keep';
  /** Never empty. */
  readonly reasons: readonly string[];
  /** The run whose artifacts would be reused; null for `run` and `keep`. */
  readonly fromRun: string | null;
  /** What a person is asked to look at before it runs; null where nobody is. */
  readonly approval: string | null;
}

export interface Prospect {
  readonly plan: Plan;
  /** As for the run: newest first; none where it is to be fresh. */
  readonly candidates: readonly ReuseCandidate[];
  readonly until: string | null;
  readonly fresh: boolean;
}

/** The tasks that a new run would do, in the plan's order. */
export async function foresee({ plan, candidates, until, fresh }: Prospect, verify: Verify): Promise<Foreseen[]> {
  const ledger = openLedger(
    { run: '', number: 1, plan, candidates, fresh, until, overrides: [], by: '', attributes: false, carried: null },
    '',
  );
  const foreseen = await goOn({ ledger, memory: new Memory(candidates, null), fresh }, verify);
  return foreseen.filter(({ action }) => action !== 'keep');
}

/** What the run would do about each of its tasks if it were to accept `request`, in the plan's order. */
export async function foreseeRetry(ledger: Ledger, remembered: Remembered, request: RetryRequest, verify: Verify): Promise<Foreseen[]> {
  const memory = new Memory(remembered.candidates, remembered);
  const retried = applyRetry(ledger, request, '');
  memory.retried(retried);
  return goOn({ ledger: retried.ledger, memory, fresh: remembered.fresh }, verify);
}

interface Standing {
  readonly ledger: Ledger;
  readonly memory: Memory;
  readonly fresh: boolean;
}

/** What is known of the tasks before the one in question. */
class SoFar {
  constructor(readonly inputs: Inputs) {}

  readonly made = new Map<string, readonly Artifact[]>();
  /** Tasks of which nobody can say what they will make. */
  readonly unknown = new Set<string>();
  /** Tasks that are taken to make what they made last time. */
  readonly assumed = new Set<string>();
  /** Why the tasks that need it would not start. */
  readonly missing = new Map<string, string>();
}

/**
 * A task that looks outside always runs, and what it will find is not known. Where it looks with the settings and inputs of last time, the
 * answer for those after it holds if it finds what it found then, and says so. Every task that runs is taken to succeed.
 */
async function goOn(standing: Standing, verify: Verify): Promise<Foreseen[]> {
  const { tasks, until } = standing.ledger;
  const plans = tasks.map(({ plan }) => plan);
  const wanted = wantedTasks(plans, until);
  const sofar = new SoFar(inputsIn(plans));
  const found: Foreseen[] = [];
  for (const task of tasks) {
    const { name, stage } = task.plan;
    const stays = whyItStays(task, wanted, until, sofar);
    if (stays === null) found.push({ name, stage, ...(await consider(task, standing, sofar, verify)) });
    else found.push({ name, stage, action: 'keep', reasons: [stays], fromRun: null, approval: null });
  }
  return found;
}

/** Null for a task that would start. */
function whyItStays(task: LedgerTask, wanted: ReadonlySet<string>, until: string | null, sofar: SoFar): string | null {
  const { plan, state, reason, failure, output } = task;
  if (state !== 'waiting') {
    if (state === 'running') sofar.unknown.add(plan.name);
    else if (serves(task)) sofar.made.set(plan.name, output?.artifacts ?? []);
    else sofar.missing.set(plan.name, `is ${state}`);
    return SETTLED_WELL.has(state) ? `is ${state}` : `is ${state}: ${failure?.message ?? reason}`;
  }
  const need = plan.needs.find((name) => sofar.missing.has(name));
  const why = !wanted.has(plan.name)
    ? notAskedFor(until)
    : need === undefined
      ? null
      : `waits for ${need}, which ${sofar.missing.get(need)}`;
  if (why !== null) sofar.missing.set(plan.name, 'waits');
  return why;
}

const SETTLED_WELL: ReadonlySet<string> = new Set(['done', 'reused']);

async function consider(
  { plan: task, approved }: LedgerTask,
  { ledger, memory, fresh }: Standing,
  sofar: SoFar,
  verify: Verify,
): Promise<Omit<Foreseen, 'name' | 'stage'>> {
  const candidates = memory.candidatesFor(task.name);
  const sources = sofar.inputs.sources(task);
  const upstream = sources.filter((name) => sofar.unknown.has(name));
  const inputs = sofar.inputs.of(task, (name) => sofar.made.get(name) ?? []);
  const decision = decide(task, candidates, inputs, fresh);
  const asked = memory.reasonsFor(task.name);
  const certain = task.outside || candidates.length === 0 || memory.isForced(task.name);

  const { match, unusable } = certain || upstream.length > 0 ? NOTHING : await firstThatVerifies(decision.matches, verify);
  if (match !== null) {
    sofar.made.set(task.name, match.output.artifacts);
    const reasons = match.fromRun === ledger.run ? [UNCHANGED] : decision.reasons;
    const conditions = sources.filter((name) => sofar.assumed.has(name)).map((name) => `if ${name} finds what it found last time`);
    return { action: 'reuse', reasons: [...reasons, ...conditions], fromRun: match.fromRun, approval: null };
  }
  const print = upstream.length > 0 ? null : fingerprint(task, inputs);
  const [last] = candidates;
  if (task.outside && last !== undefined && last.fingerprint === print) {
    sofar.made.set(task.name, last.output.artifacts);
    sofar.assumed.add(task.name);
  } else sofar.unknown.add(task.name);
  const reasons =
    certain || upstream.length === 0
      ? reasonsToRun(asked, unusable, decision.reasons)
      : [...asked, ...upstream.map((name) => `upstream ${name} runs`)];
  const isApproved = print !== null && print === approved;
  return { action: 'run', reasons, fromRun: null, approval: isApproved ? null : task.approval };
}

const NOTHING = { match: null, unusable: [] };
