/** How large a file of weights may be: it is read into memory as a whole. */
import { Problem } from '../../configs/problem.js';

/** Weights of these networks take 11 to 60 MB. */
export const MAX_BYTES = 1 << 30;

export function tooLarge(where: string, bytes: number): Problem {
  return new Problem({
    code: 'WEIGHTS',
    message: `${bytes} bytes and more, where weights of this network take 60 MB at most and ${MAX_BYTES} are read`,
    where,
    cure: 'give a file that holds just the weights',
  });
}
