/** From when the learner was called to what an epoch costs beyond its steps. */
import { z } from 'zod';

const Call = z.object({ kind: z.enum(['step', 'validation']), begun: z.number(), ended: z.number() });
/** A call of the learner, in milliseconds of one clock. */
export type Call = z.infer<typeof Call>;

export const Timeline = z.object({ calls: z.array(Call), stepsPerEpoch: z.int().positive() });
export type Timeline = z.infer<typeof Timeline>;

/** Of an epoch's row in `metrics.jsonl`. */
export const EpochWait = z.object({ kind: z.literal('epoch'), epoch: z.int().positive(), dataWaitShare: z.number().min(0).max(1) });
export type EpochWait = z.infer<typeof EpochWait>;

export interface EpochShares {
  /** Waiting for photos, by the rows. */
  readonly dataWait: number;
  /** Everything that is neither step, validation nor waiting: metrics, checkpoints, shuffling, messages. */
  readonly epochOverhead: number;
}

/**
 * Shares of the time of whole epochs, validation left out of it. An epoch reaches from the beginning of its first step to that of the next
 * epoch's; validation from the end of its last step to the end of the last batch. The first epoch does not count, since programs are
 * prepared in it, nor the last one, which no other follows.
 *
 * @throws RangeError for fewer than three epochs, or where a row is missing
 */
export function epochShares({ calls, stepsPerEpoch }: Timeline, rows: readonly EpochWait[]): EpochShares {
  const steps = calls.filter(({ kind }) => kind === 'step');
  const epochs = Math.floor(steps.length / stepsPerEpoch);
  if (epochs < 3) throw new RangeError(`${epochs} epochs: the first and the last do not count, so three are needed`);
  const sums = { time: 0, waited: 0, beyond: 0 };
  for (let epoch = 2; epoch < epochs; epoch++) {
    const own = steps.slice((epoch - 1) * stepsPerEpoch, epoch * stepsPerEpoch);
    const [first, last, next] = [own[0], own.at(-1), steps[epoch * stepsPerEpoch]];
    const row = rows.find((row) => row.epoch === epoch);
    if (first === undefined || last === undefined || next === undefined || row === undefined)
      throw new RangeError(`epoch ${epoch} has no row of metrics`);
    const validated = calls.filter(({ kind, begun }) => kind === 'validation' && begun >= last.ended && begun < next.begun);
    const validation = Math.max(last.ended, ...validated.map(({ ended }) => ended)) - last.ended;
    const time = next.begun - first.begun - validation;
    const stepping = own.reduce((sum, { begun, ended }) => sum + ended - begun, 0);
    // The rows' share is of the training loop alone, which ends with the last step.
    const waited = row.dataWaitShare * (last.ended - first.begun);
    sums.time += time;
    sums.waited += waited;
    sums.beyond += time - stepping - waited;
  }
  return { dataWait: sums.waited / sums.time, epochOverhead: sums.beyond / sums.time };
}
