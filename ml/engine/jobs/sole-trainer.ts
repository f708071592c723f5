/**
 * Lets one process at a time train a run. After a worker was killed its child may be in the middle of a step, and notices only
 * behind it that nobody waits for the result; the next attempt must not write checkpoints beside it.
 */
import { join } from 'node:path';
import { withLock } from '../../files/lock.js';

/** In the folder of a run's checkpoints; says which process trains. */
export const TRAINER_LOCK = 'trainer.lock';
const PATIENCE_S = 60;

/**
 * Runs `body` once no other process trains in `folder`.
 * @throws Problem CONFLICT where the other one does not end within {@link PATIENCE_S}.
 */
export function asSoleTrainer<T>(folder: string, body: () => Promise<T>): Promise<T> {
  return withLock(join(folder, TRAINER_LOCK), body, { waitSeconds: PATIENCE_S });
}
