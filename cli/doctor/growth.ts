/** How much there is that nothing needs any more. */
import { KEEP, litterIn, sums } from '../../workers/clean/clean.js';
import { megabytes } from '../clean.js';
import type { Finding } from './finding.js';

/** From here on it is worth a line that asks for something. */
const WORTH_BYTES = 1e9;

export async function growthFindings(root: string): Promise<Finding[]> {
  const kinds = sums(await litterIn(root, KEEP, null, () => undefined));
  const bytes = kinds.reduce((sum, each) => sum + each.bytes, 0);
  const words = kinds.map((each) => `${each.kind} ${megabytes(each.bytes)}`).join(', ');
  const ok = bytes < WORTH_BYTES;
  const cure = ok ? null : 'emo-aen clean --dry-run, then emo-aen clean';
  const found = kinds.length === 0 ? 'nothing' : `${megabytes(bytes)} (${words}): emo-aen clean --dry-run`;
  return [{ id: 'growth', title: 'what nothing needs', found, ok, needed: false, cure }];
}
