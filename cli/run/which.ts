/** The run that a command is about: the one named, or the one that started last. */
import { Problem } from '../../configs/problem.js';
import { readLedgers } from '../../workers/candidates.js';

/** @throws Problem NOT_FOUND where none is named and there is none. */
export async function whichRun(root: string, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const [newest] = await readLedgers(root);
  if (newest === undefined) throw new Problem({ code: 'NOT_FOUND', message: 'there is no run here yet', cure: 'emo-aen run starts one' });
  return newest.run;
}
