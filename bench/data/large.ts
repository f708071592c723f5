/** A large set of small photos from end to end, as a person would do it: splits proposed and locked, audited, audited again. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { WORKPLACE } from '../peers.js';
import { NOTHING, type Findings } from '../report.js';
import { runCommand, type Ran } from './command.js';
import type { DataOptions, Note } from './data.js';
import { makeSmallSet } from './small-set.js';

const Audited = z.object({ photos: z.int(), errors: z.int() });

export async function measureLarge({ photosCount, photos }: DataOptions, note: Note): Promise<Findings> {
  const root = join(WORKPLACE, 'large');
  try {
    note(`making ${photosCount} small photos`);
    await makeSmallSet(root, photosCount, photos);
    const steps: Readonly<Record<string, readonly string[]>> = { splits: ['splits', '--lock'], audit: ['audit'], again: ['audit'] };
    const medians: Record<string, number> = { largeSetPhotos: photosCount };
    const ran: Ran[] = [];
    for (const [name, words] of Object.entries(steps)) {
      note(`emo-aen ${words.join(' ')}`);
      const step = await runCommand(root, words);
      ran.push(step);
      medians[`largeSet-${name}Seconds`] = step.seconds;
      medians[`largeSet-${name}PhotosPerSecond`] = photosCount / step.seconds;
      medians[`largeSet-${name}PeakMb`] = step.peakMb;
    }
    const audited = Audited.parse(ran[1]?.answer);
    if (audited.photos !== photosCount) throw new Error(`the audit saw ${audited.photos} of ${photosCount} photos`);
    return {
      ...NOTHING,
      medians: { ...medians, largeSetErrors: audited.errors, largeSetPeakMb: Math.max(...ran.map(({ peakMb }) => peakMb)) },
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
