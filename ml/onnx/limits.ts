/** What parity must keep within, and how it is said where it does not. */
import type { Agreement, Parity, OtherModel } from '../../configs/schema/evaluation.js';
import type { AgreementLimits, ExportSettings } from '../../configs/schema/export.js';

/** What people read for each model, the limits that it must keep, and what helps where it does not. */
export const MODELS: Readonly<
  Record<OtherModel, { readonly title: string; readonly limits: 'int8' | 'int8Weights'; readonly cure: string }>
> = {
  'onnx-int8': {
    title: 'INT8',
    limits: 'int8',
    cure: 'calibrate on more photos (quantize.calibrationPhotos) and keep quantize.biasCorrection on',
  },
  'onnx-int8-weights': {
    title: 'weight-only INT8',
    limits: 'int8Weights',
    cure: 'train longer: weights that tell photos apart bear rounding, untrained ones do not',
  },
};

interface Row {
  readonly limit: keyof AgreementLimits;
  readonly what: string;
  readonly of: (agreement: Agreement) => number;
  readonly bound: 'at most' | 'at least';
}

export const ROWS: readonly Row[] = [
  { limit: 'cosineMedian', what: 'median cosine of embeddings', of: ({ cosine }) => cosine.median, bound: 'at least' },
  { limit: 'cosineFifth', what: '5th percentile of the cosine of embeddings', of: ({ cosine }) => cosine.fifth, bound: 'at least' },
  {
    limit: 'errorOverVariance',
    what: 'error of embeddings over their variance between photos',
    of: ({ errorOverVariance }) => errorOverVariance,
    bound: 'at most',
  },
  { limit: 'pairsAlike', what: 'share of good and bad photos ranked alike', of: ({ pairsAlike }) => pairsAlike, bound: 'at least' },
  {
    limit: 'allPairsAlike',
    what: 'share of all pairs of photos ranked alike',
    of: ({ allPairsAlike }) => allPairsAlike,
    bound: 'at least',
  },
  { limit: 'accuracyDrop', what: 'accuracy lost', of: ({ accuracyDrop }) => accuracyDrop.value, bound: 'at most' },
];

/** Whether a number keeps its limit; one that is not finite keeps none. */
export function keeps(value: number, bound: Row['bound'], limit: number): boolean {
  return bound === 'at most' ? value <= limit : value >= limit;
}

export interface BrokenLimit {
  readonly message: string;
  readonly cure: string;
}

const NAMED = 3;

/** Every limit that is not kept, in words with both numbers, what helps, and for a model its worst layers and photos. */
export function brokenLimits(parity: Pick<Parity, 'fp32ScoreError' | 'models'>, limits: ExportSettings['parity']): readonly BrokenLimit[] {
  const broken: BrokenLimit[] = [];
  if (!keeps(parity.fp32ScoreError, 'at most', limits.fp32ScoreError))
    broken.push({
      message: `largest difference of an FP32 score from the trained network is ${digits(parity.fp32ScoreError)}, parity.fp32ScoreError allows at most ${limits.fp32ScoreError}`,
      cure: 'retry evaluate and export together, they may be of different checkpoints (a GPU that computes in TF32 needs a wider limit)',
    });
  for (const [name, { title, limits: key, cure }] of Object.entries(MODELS) as [OtherModel, (typeof MODELS)[OtherModel]][]) {
    const agreement = parity.models[name];
    const lost = ROWS.filter(({ limit, of, bound }) => !keeps(of(agreement), bound, limits[key][limit])).map(
      ({ limit, what, of, bound }) => `${what} is ${digits(of(agreement))}, parity.${key}.${limit} allows ${bound} ${limits[key][limit]}`,
    );
    if (lost.length > 0) broken.push({ message: `${title} against FP32: ${lost.join('; ')} (${worst(agreement)})`, cure });
  }
  return broken;
}

function worst({ worstLayers, worstPhotos }: Agreement): string {
  const layers = worstLayers.slice(0, NAMED).map(({ layer, added }) => `${layer} (${digits(added)})`);
  const photos = worstPhotos.slice(0, NAMED).map(({ file, errorOverVariance }) => `${file} (${digits(errorOverVariance)})`);
  return `worst layers: ${layers.join(', ')}; worst photos: ${photos.join(', ')}`;
}

/** Four digits that count. */
export function digits(value: number): string {
  return Number(value.toPrecision(4)).toString();
}
