/** How far the exported models are from the trained network and from each other, on the test split (method §7.3). */
import type { Parity } from '../../configs/schema/evaluation.js';
import type { ExportSettings } from '../../configs/schema/export.js';
import { pairwiseAccuracy } from '../ranking/metrics.js';
import type { Pair } from '../ranking/pairs.js';
import type { Scored } from './score.js';

export interface Compared {
  /** Numbers in the cache of the photos that were scored, in the order of the scores. */
  readonly photos: readonly number[];
  /** Of photos by their numbers in the cache. */
  readonly pairs: readonly Pair[];
  /** The trained network's own scores, in the order of `photos`. */
  readonly trained: readonly number[];
  readonly fp32: Scored;
  readonly int8: Scored;
  /** Of the accuracies' intervals. */
  readonly confidence: number;
}

export type Agreement = Omit<Parity, 'version' | 'latency' | 'bytes'>;

/** @throws RangeError without pairs; Problem NUMERICS where a score is not finite. */
export function compareModels({ photos, pairs, trained, fp32, int8, confidence }: Compared): Agreement {
  const place = new Map(photos.map((photo, index) => [photo, index]));
  const of = (scores: Float32Array, photo: number): number => scores[place.get(photo) ?? -1] ?? NaN;
  const accuracy = (scores: Float32Array): Parity['fp32Accuracy'] =>
    pairwiseAccuracy(
      pairs.map(({ good }) => of(scores, good)),
      pairs.map(({ bad }) => of(scores, bad)),
      confidence,
    );
  const order = (scores: Float32Array, { good, bad }: Pair): number => Math.sign(of(scores, good) - of(scores, bad));
  const [fp32Accuracy, int8Accuracy] = [accuracy(fp32.scores), accuracy(int8.scores)];
  const cosines = photos.map((_, index) => cosine(fp32, int8, index));
  return {
    photos: photos.length,
    pairs: pairs.length,
    fp32ScoreError: Math.max(...trained.map((score, index) => Math.abs(score - (fp32.scores[index] ?? NaN)))),
    int8Cosine: { mean: cosines.reduce((sum, one) => sum + one, 0) / cosines.length, least: Math.min(...cosines) },
    pairsAlike: pairs.filter((pair) => order(fp32.scores, pair) === order(int8.scores, pair)).length / pairs.length,
    fp32Accuracy,
    int8Accuracy,
    accuracyDrop: fp32Accuracy.value - int8Accuracy.value,
  };
}

/** Both embeddings have length 1, so their product is their cosine. */
function cosine(a: Scored, b: Scored, index: number): number {
  let sum = 0;
  for (let at = index * a.dimensions; at < (index + 1) * a.dimensions; at++) sum += (a.embeddings[at] ?? NaN) * (b.embeddings[at] ?? NaN);
  return sum;
}

type Limits = ExportSettings['parity'];

interface Row {
  readonly limit: keyof Limits;
  readonly what: string;
  readonly of: (parity: Agreement) => number;
  readonly bound: 'at most' | 'at least';
  readonly cure: string;
}

const CALIBRATE = 'calibrate on more photos (quantize.calibrationPhotos) and keep quantize.biasCorrection on';
const CHECKS: readonly Row[] = [
  {
    limit: 'fp32ScoreError',
    what: 'largest difference of an FP32 score from the trained network',
    of: ({ fp32ScoreError }) => fp32ScoreError,
    bound: 'at most',
    cure: 'retry evaluate and export together, they may be of different checkpoints (a GPU that computes in TF32 needs a wider limit)',
  },
  {
    limit: 'int8Cosine',
    what: 'mean cosine of FP32 and INT8 embeddings',
    of: ({ int8Cosine }) => int8Cosine.mean,
    bound: 'at least',
    cure: CALIBRATE,
  },
  {
    limit: 'pairsAlike',
    what: 'share of pairs that FP32 and INT8 rank alike',
    of: ({ pairsAlike }) => pairsAlike,
    bound: 'at least',
    cure: CALIBRATE,
  },
  {
    limit: 'accuracyDrop',
    what: 'accuracy lost from FP32 to INT8',
    of: ({ accuracyDrop }) => accuracyDrop,
    bound: 'at most',
    cure: CALIBRATE,
  },
];

/** Every limit that is not kept, in words with both numbers, and what helps. A number that is not finite keeps no limit. */
export function brokenLimits(parity: Agreement, limits: Limits): readonly { readonly message: string; readonly cure: string }[] {
  return CHECKS.flatMap(({ limit, what, of, bound, cure }) => {
    const value = of(parity);
    const kept = bound === 'at most' ? value <= limits[limit] : value >= limits[limit];
    return kept ? [] : [{ message: `${what} is ${digits(value)}, parity.${limit} allows ${bound} ${limits[limit]}`, cure }];
  });
}

function digits(value: number): string {
  return Number(value.toPrecision(4)).toString();
}
