/** What a run remembers beside its ledger: results that may serve again, and what retries asked for. */
import type { ReuseCandidate } from './decide.js';
import type { Carried } from './input.js';
import type { Retried } from './retry.js';

/** All of it, with what else decides what a retry would do: what `emo-aen plan --retry` asks an open run for. */
export interface Remembered extends Pick<Carried, 'former' | 'forced' | 'reasons'> {
  readonly candidates: readonly ReuseCandidate[];
  readonly fresh: boolean;
  /** Why the run is about to end though not all is done; null where it goes on. */
  readonly ending: string | null;
}

export class Memory {
  /** Of earlier runs, by task, newest first. */
  private readonly candidates = new Map<string, ReuseCandidate[]>();
  /** Of this run's own tasks. */
  private readonly former: Map<string, ReuseCandidate>;
  private readonly forced: Set<string>;
  private readonly reasons: Map<string, readonly string[]>;

  constructor(candidates: readonly ReuseCandidate[], carried: Pick<Carried, 'former' | 'forced' | 'reasons'> | null) {
    for (const candidate of candidates) {
      const known = this.candidates.get(candidate.task);
      if (known === undefined) this.candidates.set(candidate.task, [candidate]);
      else known.push(candidate);
    }
    this.former = new Map(carried?.former.map((candidate) => [candidate.task, candidate]));
    this.forced = new Set(carried?.forced);
    this.reasons = new Map(Object.entries(carried?.reasons ?? {}));
  }

  /** What may serve as the result of a task, the best first; compared with even where none may. */
  candidatesFor(task: string): ReuseCandidate[] {
    const former = this.former.get(task);
    return [...(former === undefined ? [] : [former]), ...(this.candidates.get(task) ?? [])];
  }

  /** Whether a person asked for the task to run even if nothing changed. */
  isForced(task: string): boolean {
    return this.forced.has(task);
  }

  /** Why a person had the task run again. */
  reasonsFor(task: string): readonly string[] {
    return this.reasons.get(task) ?? [];
  }

  retried({ forced, reasons }: Pick<Retried, 'forced' | 'reasons'>): void {
    for (const name of forced) this.forced.add(name);
    for (const [name, why] of reasons) this.reasons.set(name, why);
  }

  /** The task has a result now; what a person asked of it is done. */
  settled(result: ReuseCandidate): void {
    this.former.set(result.task, result);
    this.forced.delete(result.task);
    this.reasons.delete(result.task);
  }

  carried(): Pick<Carried, 'former' | 'forced' | 'reasons'> {
    return { former: [...this.former.values()], forced: [...this.forced], reasons: Object.fromEntries(this.reasons) };
  }
}
