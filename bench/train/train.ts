/**
 * `npm run bench -- train`: the whole step of ours and of Keras in turn, several rounds in one run, so that a noisy machine
 * troubles both alike. Each round is a fresh process. Ratios are ours divided by theirs, of the medians over all rounds.
 */
import { z } from 'zod';
import { peerPython } from '../peers.js';
import { median, runJson } from '../measure.js';
import { fileURLToPath } from 'node:url';

const Measured = z.object({ milliseconds: z.array(z.number()).min(1), peakMemoryMb: z.number() });
type Measured = z.infer<typeof Measured>;

const ROUNDS = 3;
const ARGUMENTS = { steps: 8, warmup: 3, pairs: 16 };

export interface Report {
  readonly ratios: Readonly<Record<string, number>>;
  readonly medians: Readonly<Record<string, number>>;
  /** What could not be measured, and why. */
  readonly missing: Readonly<Record<string, string>>;
}

export async function benchTrain(note: (text: string) => void): Promise<Report> {
  const words = Object.values(ARGUMENTS).map(String);
  const ours = fileURLToPath(new URL('our-step.js', import.meta.url));
  const keras = fileURLToPath(new URL('../../../bench/train/keras_step.py', import.meta.url));
  const peer = await peerPython(note);
  const rounds: { readonly ours: Measured[]; readonly keras: Measured[] } = { ours: [], keras: [] };
  for (let round = 1; round <= ROUNDS; round++) {
    note(`round ${round} of ${ROUNDS}: ours`);
    rounds.ours.push(Measured.parse(await runJson(process.execPath, [ours, ...words])));
    if (peer.python === null) continue;
    note(`round ${round} of ${ROUNDS}: Keras`);
    rounds.keras.push(Measured.parse(await runJson(peer.python, [keras, ...words])));
  }
  const [us, them] = [summarise(rounds.ours), summarise(rounds.keras)];
  if (us === null) throw new Error('no round was measured');
  const medians = { oursMs: us.ms, oursPeakMb: us.peak, ...(them === null ? {} : { kerasGraphMs: them.ms, kerasPeakMb: them.peak }) };
  if (them === null) return { ratios: {}, medians, missing: { keras: peer.why } };
  return { ratios: { kerasGraph: us.ms / them.ms, memoryKeras: us.peak / them.peak }, medians, missing: {} };
}

function summarise(rounds: readonly Measured[]): { readonly ms: number; readonly peak: number } | null {
  if (rounds.length === 0) return null;
  return { ms: median(rounds.flatMap(({ milliseconds }) => milliseconds)), peak: median(rounds.map(({ peakMemoryMb }) => peakMemoryMb)) };
}
