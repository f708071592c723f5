/** Whether the native libraries load, each asked in a process of its own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { TrainSettings } from '../../configs/schema/train.js';
import { tensorFlowEnvironment } from '../../ml/engine/tensorflow.js';

export const LIBRARIES = ['tensorflow', 'onnxruntime', 'sharp', 'decoder'] as const;
export type Library = (typeof LIBRARIES)[number];

/** What a probe prints: versions by name, and whether TensorFlow sees a CUDA device. */
const Loaded = z.object({ versions: z.record(z.string(), z.string()), cuda: z.boolean().optional() });
export type Loaded = z.infer<typeof Loaded>;

export interface Libraries {
  readonly versions: Readonly<Record<string, string>>;
  readonly device: 'cuda' | 'cpu';
  /** Sentences, one for each library that does not load. */
  readonly faults: readonly string[];
}

const PROBE = fileURLToPath(new URL('./probe.js', import.meta.url));
const LIMIT_MS = 60_000;

/** Loads all of them, side by side. `probe` is the script that loads one. */
export async function probeLibraries(
  device: TrainSettings['environment']['device'],
  threads: number,
  signal: AbortSignal,
  probe = PROBE,
): Promise<Libraries> {
  const env = { ...process.env, ...tensorFlowEnvironment(device, threads) };
  const answers = await Promise.all(LIBRARIES.map((library) => load(library, env, signal, probe)));
  return {
    versions: Object.assign({}, ...answers.map(({ versions }) => versions)) as Record<string, string>,
    device: answers.some(({ cuda }) => cuda === true) ? 'cuda' : 'cpu',
    faults: answers.flatMap(({ fault }) => (fault === undefined ? [] : [fault])),
  };
}

type Outcome = Loaded & { readonly fault?: string };

async function load(library: Library, env: NodeJS.ProcessEnv, signal: AbortSignal, probe: string): Promise<Outcome> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [probe, library], { env, signal, timeout: LIMIT_MS });
    return Loaded.parse(JSON.parse(stdout));
  } catch (error) {
    signal.throwIfAborted();
    return { versions: {}, fault: `${library} does not load: ${reasonOf(error)}` };
  }
}

/** The line of a dead process' stderr that says why; stack traces and paths are nobody's concern. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { stderr, signal } = error as Error & { stderr?: string; signal?: NodeJS.Signals | null };
  const line = stderr?.split('\n').find((text) => /^\w*(Error|Problem)\b/.test(text));
  return line ?? (signal ? `it was ended by ${signal}` : 'it ended without a word');
}
