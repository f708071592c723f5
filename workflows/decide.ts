/** Whether a task must run or an earlier result serves, and why, in words. Pure: the workflow does by it what `emo-aen plan` says by it. */
import type { TaskOutput } from '../configs/schema/payload.js';
import type { PlannedTask } from '../configs/schema/plan.js';
import { canonicalJson, fingerprint, type InputDigest } from './fingerprint.js';

/** A finished execution of a task in some run, with all that must agree before its artifacts may be taken over. */
export interface ReuseCandidate {
  readonly task: string;
  readonly fromRun: string;
  readonly uses: string;
  readonly version: number;
  readonly code: string | null;
  readonly settings: unknown;
  readonly inputs: readonly InputDigest[];
  readonly fingerprint: string;
  readonly output: TaskOutput;
}

export interface Decision {
  readonly action: 'run' | 'reuse';
  /** Never empty. */
  readonly reasons: readonly string[];
  /** Those whose fingerprint is equal, in the order given; empty for `run`. The first whose files verify serves. */
  readonly matches: readonly ReuseCandidate[];
}

/**
 * Decides for one task whose inputs are known. `candidates` are earlier executions of the task of that name, newest first.
 * The reasons for `run` compare with the newest: what changed, from what to what; with none, `fresh` says why there is none.
 */
export function decide(task: PlannedTask, candidates: readonly ReuseCandidate[], inputs: readonly InputDigest[], fresh: boolean): Decision {
  if (task.outside) return { action: 'run', reasons: ['always runs: what it looks at can change between runs'], matches: [] };
  const wanted = fingerprint(task, inputs);
  const matches = candidates.filter((candidate) => candidate.fingerprint === wanted);
  const [match] = matches;
  if (match !== undefined) return { action: 'reuse', reasons: [`same code, settings and inputs as in run ${match.fromRun}`], matches };
  const [newest] = candidates;
  if (newest === undefined) return { action: 'run', reasons: [fresh ? '--fresh' : 'first run'], matches: [] };
  return { action: 'run', reasons: changesSince(newest, task, inputs), matches: [] };
}

/** What is no longer as it was when `before` ran. */
export function changesSince(
  before: Pick<ReuseCandidate, 'uses' | 'version' | 'code' | 'settings' | 'inputs'>,
  task: PlannedTask,
  inputs: readonly InputDigest[],
): string[] {
  const reasons: string[] = [];
  if (before.uses !== task.uses) reasons.push(`activity changed: ${before.uses} -> ${task.uses}`);
  if (before.version !== task.version) reasons.push(`code version ${before.version} -> ${task.version}`);
  // A run that began before there was code has none.
  if ((before.code ?? null) !== task.code) reasons.push(`the code in activities/${task.uses} changed`);
  const settings = settingsChanges(before.settings, task.settings, task.kind ?? '');
  if (settings.length > 0) reasons.push(`settings changed: ${settings.join(', ')}`);
  const known = new Map(before.inputs.map((input) => [input.name, input.sha256]));
  for (const input of inputs) if (known.get(input.name) !== input.sha256) reasons.push(`input ${input.name} changed`);
  const names = new Set(inputs.map((input) => input.name));
  for (const name of known.keys()) if (!names.has(name)) reasons.push(`input ${name} no longer read`);
  return reasons.length > 0 ? reasons : ['recorded by another way of fingerprinting'];
}

/** Each value that differs, as `train.loop.pairs 16 -> 8`, with the path that `--set` takes. Lists are compared whole. */
export function settingsChanges(before: unknown, after: unknown, path: string): string[] {
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => settingsChanges(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  return canonicalJson(before ?? null) === canonicalJson(after ?? null) ? [] : [`${path} ${short(before)} -> ${short(after)}`];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const LONGEST = 60;

function short(value: unknown): string {
  if (value === undefined) return '(none)';
  const text = typeof value === 'string' ? value : canonicalJson(value);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}
