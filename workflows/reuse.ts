/** Which earlier result a task may take over, and why it runs where none serves. Shared by the run and by what foresees it. */
import type { Verdict } from '../activities/verify.js';
import type { Artifact } from '../configs/schema/payload.js';
import type { ReuseCandidate } from './decide.js';

/** Looks at files: whether they are still what a ledger says of them. */
export type Verify = (artifacts: readonly Artifact[]) => Promise<Verdict>;

/** Why a task takes over what it made itself earlier in the same run. */
export const UNCHANGED = 'unchanged: same code, settings and inputs as before';

export interface Verified {
  /** Null where none of them verifies. */
  readonly match: ReuseCandidate | null;
  /** What is wrong with those before it, in words; empty where there were none. */
  readonly unusable: readonly string[];
}

/** The first of `matches` whose files are all there and unaltered. */
export async function firstThatVerifies(matches: readonly ReuseCandidate[], verify: Verify): Promise<Verified> {
  const unusable = new Set<string>();
  for (const match of matches) {
    const { missing, altered } = await verify(match.output.artifacts);
    if (missing.length + altered.length === 0) return { match, unusable: [...unusable] };
    if (missing.length > 0) unusable.add(`output missing: ${missing.join(', ')}`);
    if (altered.length > 0) unusable.add(`output altered: ${altered.join(', ')}`);
  }
  return { match: null, unusable: [...unusable] };
}

/** Why a task runs, in the order that matters to people: because one asked, because files are gone, else as decided. */
export function reasonsToRun(asked: readonly string[], unusable: readonly string[], decided: readonly string[]): readonly string[] {
  const own = [...asked, ...unusable];
  return own.length > 0 ? own : decided;
}
