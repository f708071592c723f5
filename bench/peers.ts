/**
 * The peers that we are measured against: a Python environment for each group below `.emo-aen/bench`, everything in it pinned. A group that
 * cannot be installed leaves the others as they are.
 */
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFileAtomically } from '../ml/files/atomic.js';
import { lastWords, runProgram } from './measure.js';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const PINS = join(PROJECT, 'bench', 'peers');
/** Everything that the bench leaves behind: environments, compiler caches, made photo sets. */
export const WORKPLACE = join(PROJECT, '.emo-aen', 'bench');

interface Group {
  /** In bench/peers: what is installed. */
  readonly requirements: string;
  /** In bench/peers: run by the environment's Python once the packages are there. */
  readonly finish: string | null;
  /** What must be found by `import` in the end. */
  readonly modules: string;
  /** Named before a long download. */
  readonly size: string;
}

const GROUPS = {
  tensorflow: { requirements: 'tensorflow.txt', finish: null, modules: 'keras, tensorflow', size: '0.3 GB' },
  fastdup: { requirements: 'fastdup.txt', finish: null, modules: 'fastdup', size: '0.3 GB' },
  photos: { requirements: 'photos.txt', finish: null, modules: 'PIL, imagehash, cleanvision', size: '0.1 GB' },
  torch: { requirements: 'torch.txt', finish: 'cuda_stand_ins.py', modules: 'torch, torchvision', size: '0.6 GB' },
  onnxruntime: { requirements: 'onnxruntime.txt', finish: null, modules: 'onnx, onnxruntime.quantization', size: '0.1 GB' },
  foreign: {
    requirements: 'foreign.txt',
    finish: 'cuda_stand_ins.py',
    modules: 'torch, torchvision, timm, onnxscript, onnxruntime.quantization',
    size: '0.8 GB',
  },
} as const satisfies Readonly<Record<string, Group>>;
export type PeerGroup = keyof typeof GROUPS;

/** `python` is null where the group cannot be installed, and `why` says so. */
export type Peer = { readonly python: string; readonly why: null } | { readonly python: null; readonly why: string };

/** The Python that has the group, installed now where it is not there yet, or not in these versions, or not whole. */
export async function peerPython(name: PeerGroup, note: (text: string) => void): Promise<Peer> {
  const group: Group = GROUPS[name];
  const folder = join(WORKPLACE, name);
  const python = join(folder, 'bin', 'python');
  const stamp = join(folder, 'complete');
  const pins = await digestOf(group);
  if ((await readFile(stamp, 'utf8').catch(() => null)) === pins) return { python, why: null };
  note(`installing the peers of ${name} (a download of ${group.size})`);
  try {
    await rm(folder, { recursive: true, force: true });
    await runProgram('python3', ['-m', 'venv', folder]);
    const install = ['install', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:'];
    await runProgram(python, ['-m', 'pip', ...install, '-r', join(PINS, group.requirements)]);
    if (group.finish !== null) await runProgram(python, [join(PINS, group.finish)]);
    await runProgram(python, ['-c', `import ${group.modules}`]);
    await writeFileAtomically(stamp, pins);
    return { python, why: null };
  } catch (error) {
    return { python: null, why: `could not be installed: ${lastWords(error)}` };
  }
}

/** sha256 of everything that decides what an environment holds, but for the Python that it is made from. */
async function digestOf({ requirements, finish }: Group): Promise<string> {
  const hash = createHash('sha256');
  for (const file of [requirements, finish]) if (file !== null) hash.update(await readFile(join(PINS, file)));
  return hash.digest('hex');
}
