/**
 * The whole training step of everyone in turn, several rounds in one run, so that a noisy machine troubles all alike. Each round is a fresh
 * process, so that peak memory is one contestant's own; its first steps, in which graphs are traced and code is compiled, are not timed.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tensorFlowEnvironment } from '../../ml/engine/tensorflow.js';
import { lastWords, runJson } from '../measure.js';
import { peerPython, WORKPLACE, type Peer, type PeerGroup } from '../peers.js';
import { NOTHING, type Findings, type Process } from '../report.js';
import { THREADS } from './settings.js';
import { Measured, summarise } from './summary.js';
import type { Note, TrainOptions } from './train.js';

interface Contestant {
  /** Whose Python runs it; null: it is ours and run by Node. */
  readonly peer: PeerGroup | null;
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

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
  const { ready, missing } = await prepare(note);
  const numbers = [steps, WARMUP, PAIRS].map(String);
  const measured = new Map([...ready.keys()].map((name): [string, Measured[]] => [name, []]));
  for (let round = 1; round <= rounds; round++)
    for (const [name, { program, words, environment }] of ready) {
      note(`round ${round} of ${rounds}: ${name}`);
      try {
        measured.get(name)?.push(Measured.parse(await runJson(program, [...words, ...numbers], environment)));
      } catch (error) {
        if (name === 'ours') throw error;
        // A peer that fails once is out: its medians would be over fewer rounds than the others'.
        ready.delete(name);
        measured.delete(name);
        missing.set(name, `failed: ${lastWords(error)}`);
      }
    }
  const processes = [...ready].map(([name, { environment }]): [string, Process] => {
    const versions = measured.get(name)?.[0]?.versions ?? {};
    return [name, { versions, environment }];
  });
  return { ...NOTHING, ...summarise(measured), missing: Object.fromEntries(missing), processes: Object.fromEntries(processes) };
}

interface Ready extends Contestant {
  /** Path of the Node or the Python that runs it. */
  readonly program: string;
}

/** Who can run, in the table's order, and why the others cannot. */
async function prepare(note: Note): Promise<{ readonly ready: Map<string, Ready>; readonly missing: Map<string, string> }> {
  const ready = new Map<string, Ready>();
  const missing = new Map<string, string>();
  const programs = new Map<PeerGroup | null, Peer>([[null, { python: process.execPath, why: null }]]);
  for (const [name, contestant] of Object.entries(CONTESTANTS)) {
    const { peer } = contestant;
    if (peer !== null && !programs.has(peer)) programs.set(peer, await peerPython(peer, note));
    const found = programs.get(peer);
    if (found === undefined) throw new Error(`nothing runs ${name}`);
    if (found.python === null) missing.set(name, found.why);
    else ready.set(name, { ...contestant, program: found.python });
  }
  return { ready, missing };
}
