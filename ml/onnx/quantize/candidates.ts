/** The quantised networks that can be made, and which of them is taken: the first one that is no worse than plain quantisation on the photos that calibrate. */
import { Problem } from '../../../configs/problem.js';
import type { OnnxModel } from '../messages.js';
import type { PhotoSource } from '../photos.js';
import { compareOutputs, isLost, relativeError, type Runnable } from './agreement.js';
import { emitQuantized, type EmitRequest } from './emit.js';
import type { PhotoInput } from './feeds.js';
import { Histogram, type Extent } from './histogram.js';
import type { QuantizationPlan } from './plan.js';
import { chooseFreeGrid, chooseHardSwishGrid, type ChosenGrid } from './ranges.js';

export interface Candidate {
  readonly request: EmitRequest;
  readonly chosen: ReadonlyMap<string, ChosenGrid>;
  readonly extents: ReadonlyMap<string, Extent>;
  /** What it is without, in words; empty: it has everything that was asked for. */
  readonly without: string;
}

export interface Judged {
  readonly candidate: Candidate;
  readonly model: OnnxModel;
  readonly error: number;
  readonly plain: number;
  readonly notes: readonly string[];
}

/** Each range as it was seen. */
export function plainGrids(plan: QuantizationPlan, extents: ReadonlyMap<string, Extent>): ReadonlyMap<string, ChosenGrid> {
  const asSeen = { ranges: 'min-max', percentile: 1 } as const;
  const chosen = new Map<string, ChosenGrid>();
  for (const [value, kind] of plan.grids) {
    const extent = extents.get(value);
    if (extent === undefined) continue;
    const histogram = new Histogram(extent);
    chosen.set(value, kind === 'hardSwish' ? chooseHardSwishGrid(histogram, asSeen) : chooseFreeGrid(histogram, asSeen));
  }
  return chosen;
}

/**
 * @param candidates the best first, plain quantisation last
 * @throws Problem WEIGHTS where even the last one loses what tells photos apart
 */
export async function firstNoWorse(
  candidates: readonly Candidate[],
  reference: Runnable,
  input: PhotoInput,
  source: PhotoSource,
  done: (photos: number) => void,
): Promise<Judged> {
  const models = candidates.map(({ request }) => emitQuantized(request));
  const errors = await compareOutputs(reference, models, input, source, done);
  const each = errors.map(relativeError);
  const plain = each.at(-1) ?? NaN;
  const place = errors.findIndex((found, at) => (each[at] ?? NaN) <= plain && !found.some(isLost));
  const [candidate, model, error] = [candidates[place], models[place], each[place]];
  if (candidate === undefined || model === undefined || error === undefined) {
    const lost = errors.at(-1)?.find(isLost)?.output;
    throw new Problem({
      code: 'WEIGHTS',
      message: `cannot be quantised: on the photos that calibrate, INT8 keeps nothing of what the network says (${lost === undefined ? '' : `output ${lost}, `}error over variance ${plain.toPrecision(2)})`,
      cure: 'keep the float network; or calibrate with photos that differ, prepared as the network expects (--mean, --std)',
    });
  }
  const notes =
    candidate.without === ''
      ? []
      : [
          `made without ${candidate.without}: with it the error was ${(each[0] ?? NaN).toPrecision(2)}, by plain quantisation it is ${plain.toPrecision(2)}`,
        ];
  return { candidate, model, error, plain, notes };
}
