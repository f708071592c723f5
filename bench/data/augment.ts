/** Photos read from the packed cache through the fused augmentation, on one thread, and what that is of a training step's time on all cores. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { tensorFlowEnvironment } from '../../ml/engine/tensorflow.js';
import { median } from '../../ml/ranking/median.js';
import { WORKPLACE } from '../peers.js';
import { NOTHING, type Findings } from '../report.js';
import { madeJob } from '../train/made-set.js';
import { THREADS } from '../train/settings.js';
import { Measured as MeasuredStep } from '../train/summary.js';
import { takeTurns, type Contestant } from '../turns.js';
import type { DataOptions, Note } from './data.js';

/** Pairs of a step, timed steps and those before them. */
const PAIRS = 16;
const STEPS = 10;
const WARMUP = 5;

const STEP = fileURLToPath(new URL('../train/our-step.js', import.meta.url));
const OURS = fileURLToPath(new URL('our-augment.js', import.meta.url));

const Measured = z.object({ ms: z.number().positive(), versions: z.record(z.string(), z.string()) });

export async function measureAugment({ rounds }: DataOptions, note: Note): Promise<Findings> {
  const folder = join(WORKPLACE, 'augment');
  await rm(folder, { recursive: true, force: true });
  try {
    const { cacheIndex, cache } = await madeJob(folder, { epochs: 1, steps: 16, validationPairs: 1 });
    const augment: Contestant = { peer: null, words: [OURS, cacheIndex, cache] };
    const { measured, processes } = await takeTurns({ augment }, { rounds, schema: Measured, words: [] }, note);
    const augmentMs = median((measured.get('augment') ?? []).map(({ ms }) => ms));
    const step: Contestant = { peer: null, words: [STEP, 'own'], environment: tensorFlowEnvironment('cpu', THREADS) };
    const words = [STEPS, WARMUP, PAIRS].map(String);
    const steps = await takeTurns({ step }, { rounds, schema: MeasuredStep, words }, note);
    const stepMs = median((steps.measured.get('step') ?? []).flatMap(({ milliseconds }) => milliseconds));
    return {
      ...NOTHING,
      medians: { augmentMs, augmentPhotosPerSecond: 1000 / augmentMs, stepMs },
      shares: { augmentOfStep: (2 * PAIRS * augmentMs) / (THREADS * stepMs) },
      processes: { ...processes, ...steps.processes },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
