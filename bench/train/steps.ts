/**
 * The whole training step of everyone in turn, a fresh process for each round; its first steps, in which graphs are traced and code is compiled,
 * are not timed.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tensorFlowEnvironment } from '../../ml/engine/tensorflow.js';
import { WORKPLACE } from '../peers.js';
import { NOTHING, type Findings } from '../report.js';
import { takeTurns, type Contestant } from '../turns.js';
import { THREADS } from './settings.js';
import { Measured, summarise } from './summary.js';
import type { Note, TrainOptions } from './train.js';

const WARMUP = 5;
const PAIRS = 16;

const OURS = fileURLToPath(new URL('our-step.js', import.meta.url));
const python = (script: string): string => fileURLToPath(new URL(`../../../bench/train/${script}`, import.meta.url));
const threads = String(THREADS);
const TENSORFLOW = { TF_NUM_INTRAOP_THREADS: threads, TF_NUM_INTEROP_THREADS: threads, TF_CPP_MIN_LOG_LEVEL: '3' };
const TORCH = { OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads, TORCHINDUCTOR_CACHE_DIR: join(WORKPLACE, 'inductor') };

const CONTESTANTS: Readonly<Record<string, Contestant>> = {
  ours: {
    peer: null,
    words: [OURS, 'own'],
    environment: tensorFlowEnvironment('cpu', THREADS),
  },
  withoutOwnOperations: { peer: null, words: [OURS, 'tensorflow'], environment: tensorFlowEnvironment('cpu', THREADS) },
  kerasGraph: { peer: 'tensorflow', words: [python('keras_step.py')], environment: TENSORFLOW },
  torchEager: { peer: 'torch', words: [python('torch_step.py'), 'eager'], environment: TORCH },
  torchCompile: { peer: 'torch', words: [python('torch_step.py'), 'compile'], environment: TORCH },
};

export async function measureSteps({ rounds, steps }: TrainOptions, note: Note): Promise<Findings> {
  const words = [steps, WARMUP, PAIRS].map(String);
  const { measured, missing, processes } = await takeTurns(CONTESTANTS, { rounds, schema: Measured, words }, note);
  return { ...NOTHING, ...summarise(measured), missing, processes };
}
