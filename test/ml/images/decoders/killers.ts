/**
 * Photos that harm the process that decodes them, as one does that a decoder has a fault for. None is known, so the harm is done by
 * harm.js, which Node loads into every process that is started meanwhile; of the product's code nothing knows of it.
 */
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Harm = 'SIGSEGV' | 'SIGABRT' | 'SIGBUS' | 'SIGILL' | 'SIGKILL' | 'exit' | 'hang' | 'once';

/** Name of a photo that does so. */
export const killer = (harm: Harm, extension = 'png'): string => `harm-${harm}.${extension}`;

/** What the environment of a process must say so that photos harm the decoders that it starts. */
export function harmfulEnvironment(): { readonly NODE_OPTIONS: string; readonly EMO_AEN_TEST_ONCE: string } {
  const harm = fileURLToPath(new URL('./harm.js', import.meta.url));
  return {
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import ${harm}`,
    EMO_AEN_TEST_ONCE: join(tmpdir(), `emo-aen-harm-once-${process.pid}`),
  };
}

/** Lets photos do harm while `work` runs. */
export async function amongKillers<Result>(work: () => Promise<Result>): Promise<Result> {
  const { NODE_OPTIONS: before } = process.env;
  Object.assign(process.env, harmfulEnvironment());
  try {
    return await work();
  } finally {
    await rm(process.env.EMO_AEN_TEST_ONCE ?? '', { force: true });
    delete process.env.EMO_AEN_TEST_ONCE;
    if (before === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = before;
  }
}
