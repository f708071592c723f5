/** What a run would do, before it does it. Pure but for `verify`, which looks at files; decides by the same function as the workflow. */
import type { Verdict } from '../activities/verify.js';
import type { Artifact } from '../configs/schema/payload.js';
import type { Plan, PlannedTask } from '../configs/schema/plan.js';
import { decide, type Decision, type ReuseCandidate } from './decide.js';
import { inputsIn, wantedTasks, type Inputs } from './graph.js';

export interface Foreseen {
  readonly name: string;
  readonly stage: number;
  readonly action: 'run' | 'reuse';
  /** Never empty. */
  readonly reasons: readonly string[];
  /** The run whose artifacts would be reused; null for `run`. */
  readonly fromRun: string | null;
}

export interface Prospect {
  readonly plan: Plan;
  /** As for the run: newest first. */
  readonly candidates: readonly ReuseCandidate[];
  readonly until: string | null;
  readonly fresh: boolean;
}

/**
 * The tasks that a run would do, in the plan's order. A task that looks outside always runs; what it will find is not known,
 * so for those after it the answer holds if it finds what it found last time, and says so.
 */
export async function foresee(prospect: Prospect, verify: (artifacts: readonly Artifact[]) => Promise<Verdict>): Promise<Foreseen[]> {
  const { plan, until, fresh } = prospect;
  const candidates = byTask(fresh ? [] : prospect.candidates);
  const inputs = inputsIn(plan.tasks);
  const wanted = wantedTasks(plan.tasks, until);
  const made = new Map<string, readonly Artifact[]>();
  const unknown = new Set<string>();
  const assumed = new Set<string>();
  const found: Foreseen[] = [];
  for (const task of plan.tasks.filter(({ name }) => wanted.has(name))) {
    const own = candidates.get(task.name) ?? [];
    const decision = await consider(task, own, { inputs, made, unknown, assumed, fresh }, verify);
    found.push({ name: task.name, stage: task.stage, action: decision.action, reasons: decision.reasons, fromRun: decision.fromRun });
    const [last] = own;
    const output = decision.output ?? (task.outside ? last?.output.artifacts : undefined);
    if (output === undefined) unknown.add(task.name);
    else made.set(task.name, output);
    if (output !== undefined && decision.output === null) assumed.add(task.name);
  }
  return found;
}

function byTask(candidates: readonly ReuseCandidate[]): Map<string, ReuseCandidate[]> {
  const lists = new Map<string, ReuseCandidate[]>();
  for (const candidate of candidates) lists.set(candidate.task, [...(lists.get(candidate.task) ?? []), candidate]);
  return lists;
}

interface SoFar {
  readonly inputs: Inputs;
  readonly made: ReadonlyMap<string, readonly Artifact[]>;
  /** Tasks of which nobody can say what they will make. */
  readonly unknown: ReadonlySet<string>;
  /** Tasks that are taken to make what they made last time. */
  readonly assumed: ReadonlySet<string>;
  readonly fresh: boolean;
}

interface Considered extends Pick<Decision, 'action' | 'reasons'> {
  readonly fromRun: string | null;
  readonly output: readonly Artifact[] | null;
}

async function consider(
  task: PlannedTask,
  candidates: readonly ReuseCandidate[],
  sofar: SoFar,
  verify: (artifacts: readonly Artifact[]) => Promise<Verdict>,
): Promise<Considered> {
  const run = (reasons: readonly string[]): Considered => ({ action: 'run', reasons, fromRun: null, output: null });
  const providers = sofar.inputs.sources(task);
  const inputs = sofar.inputs.of(task, (name) => sofar.made.get(name) ?? []);
  const decision = decide(task, candidates, inputs);
  if (sofar.fresh && !task.outside) return run(['--fresh']);
  if (task.outside || candidates.length === 0) return run(decision.reasons);
  const upstream = providers.filter((name) => sofar.unknown.has(name));
  if (upstream.length > 0) return run(upstream.map((name) => `upstream ${name} runs`));
  const unusable: string[] = [];
  for (const match of decision.matches) {
    const { missing, altered } = await verify(match.output.artifacts);
    if (missing.length + altered.length > 0) {
      if (missing.length > 0) unusable.push(`output missing: ${missing.join(', ')}`);
      if (altered.length > 0) unusable.push(`output altered: ${altered.join(', ')}`);
      continue;
    }
    const conditions = providers.filter((name) => sofar.assumed.has(name)).map((name) => `if ${name} finds what it found last time`);
    return { action: 'reuse', reasons: [...decision.reasons, ...conditions], fromRun: match.fromRun, output: match.output.artifacts };
  }
  return run(unusable.length > 0 ? unusable : decision.reasons);
}
