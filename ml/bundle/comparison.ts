/** Whether a model may take the place of the published one. */
import type { Share } from '../../configs/schema/evaluation.js';
import type { Manifest } from '../../configs/schema/manifest.js';

export type Comparison =
  | { readonly outcome: 'first' | 'not worse' }
  | { readonly outcome: 'worse'; readonly words: string }
  | { readonly outcome: 'not comparable'; readonly words: string };

export interface Candidate {
  readonly testHash: string;
  readonly pairwiseAccuracy: Share;
}

/**
 * Worse: the upper end of the candidate's interval for pairwise accuracy lies below the published value. Both accuracies are of the same
 * test pairs, so they share most of what chance does to them, and their difference is known better than either: an interval that would
 * be too narrow for two models on two sets is wide here. So the rule refuses only what is clearly worse, and a model a little below
 * the published one, which a larger test split might put above it, passes. Without the same test pairs nothing can be said: an
 * accuracy of .9 on easy pairs is no better than .8 on hard ones.
 */
export function comparedWith(published: Manifest | null, candidate: Candidate): Comparison {
  if (published === null) return { outcome: 'first' };
  const { version, testHash, metrics } = published;
  if (testHash !== candidate.testHash) {
    const reason = testHash === null ? 'does not say on which test pairs it was measured' : 'was measured on other test pairs';
    return { outcome: 'not comparable', words: `whether it is better than version ${version} is not known: that one ${reason}` };
  }
  const { value, low, high } = candidate.pairwiseAccuracy;
  const { value: before } = metrics.pairwiseAccuracy;
  if (high >= before) return { outcome: 'not worse' };
  const [mine, from, to, theirs] = [value, low, high, before].map((share) => share.toFixed(3));
  const words = `worse than version ${version}: pairwise accuracy ${mine} (interval ${from} to ${to}) on the same test pairs, published is ${theirs}`;
  return { outcome: 'worse', words };
}
