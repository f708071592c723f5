/** "Did you mean": the valid name that a mistyped one is nearest to. */
import { distance } from 'fastest-levenshtein';

/** Longer inputs are no slips of the finger, and comparing them costs the product of the lengths. */
const LONGEST = 200;

/** The candidate that is fewest edits away, if that is at most a third of the name, rounded up; else null. */
export function nearest(name: string, candidates: Iterable<string>): string | null {
  if (name.length > LONGEST) return null;
  const lower = name.toLowerCase();
  let best: string | null = null;
  let least = Math.ceil(name.length / 3) + 1;
  for (const candidate of candidates) {
    const edits = distance(lower, candidate.toLowerCase());
    if (edits < least) {
      best = candidate;
      least = edits;
    }
  }
  return best;
}

/** The dotted path nearest to a mistyped one: by edits, or the only one that ends in the same key. */
export function nearestPath(path: string, candidates: readonly string[]): string | null {
  const close = nearest(path, candidates);
  if (close !== null) return close;
  const last = `.${path.split('.').at(-1) ?? path}`;
  const same = candidates.filter((candidate) => candidate.endsWith(last));
  return same.length === 1 ? (same[0] ?? null) : null;
}
