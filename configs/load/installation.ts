/** What set-up found and made on this machine: `.emo-aen/setup.json` of the clone that this code runs from (setup/record.mjs writes it). */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { Problem } from '../problem.js';

/** All paths are absolute. */
export const Installation = z.object({
  version: z.literal(1),
  /** `executable` of the project's environment, which was made from the Python `base`. */
  python: z.object({ version: z.string(), executable: z.string(), base: z.string() }),
  /** The pinned Temporal CLI. */
  temporal: z.string(),
  /** Folder of real photos from which a sample set can be cut. */
  samplePhotos: z.string(),
  tensorflow: z.object({
    package: z.string(),
    version: z.string(),
    variant: z.enum(['cpu', 'cuda']),
    folder: z.string(),
    binding: z.string(),
    /** Our own operations (ml/engine/native), compiled for this machine's processor. */
    kernels: z.string(),
  }),
  /** Our decoder of photos (ml/images/native), compiled for this machine's processor. */
  decoder: z.string(),
  /** The folder that holds all of the above, shared by the user's clones. */
  cache: z.string(),
});
export type Installation = z.infer<typeof Installation>;

/** The folder of the clone: this file runs as dist/configs/load/installation.js. */
export const CLONE = fileURLToPath(new URL('../../..', import.meta.url));

/** @throws Problem ENVIRONMENT where this clone is not set up, or was set up by another version. */
export async function readInstallation(file = new URL('../../../.emo-aen/setup.json', import.meta.url)): Promise<Installation> {
  const cure = 'npm run setup';
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new Problem({ code: 'ENVIRONMENT', message: 'this clone is not set up', where: fileURLToPath(file), cure, cause });
  }
  try {
    return Installation.parse(JSON.parse(text));
  } catch (cause) {
    throw new Problem({ code: 'ENVIRONMENT', message: 'not a record of this version of set-up', where: fileURLToPath(file), cure, cause });
  }
}
