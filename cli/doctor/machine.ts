/** The machine: processor, accelerator, free memory and disk. */
import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { Finding } from './finding.js';
import { firstLine } from './program.js';

const GIB = 2 ** 30;
/** What the method's settings ask for (configs/train.yaml, environment). */
const LEAST_MEMORY_GIB = 4;
const LEAST_DISK_GIB = 2;

export async function machineFindings(root: string): Promise<Finding[]> {
  return Promise.all([processor(), accelerator(), memory(), disk(root)]);
}

async function processor(): Promise<Finding> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const model = /^model name\s*:\s*(.+)$/m.exec(text)?.[1] ?? process.arch;
  const flags = new Set(/^flags\s*:\s*(.+)$/m.exec(text)?.[1]?.split(' '));
  const vectors = ['avx', 'avx2', 'avx512f', 'avx512_vnni'].filter((flag) => flags.has(flag));
  const ok = flags.has('avx');
  const found = `${model}, ${availableParallelism()} cores, ${vectors.join(' ') || 'no AVX'}`;
  const cure = ok ? null : 'TensorFlow needs a processor with AVX; in a virtual machine, let it see the host processor';
  return { id: 'processor', title: 'processor', found, ok, needed: true, cure };
}

async function accelerator(): Promise<Finding> {
  const gpu = await firstLine('nvidia-smi', ['-L']);
  const found = gpu ?? 'none: the gpu worker runs on the processor (device: auto)';
  return { id: 'accelerator', title: 'accelerator', found, ok: true, needed: false, cure: null };
}

async function memory(): Promise<Finding> {
  const text = await readFile('/proc/meminfo', 'utf8');
  const available = (Number(/^MemAvailable:\s*(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024) / GIB;
  const ok = available >= LEAST_MEMORY_GIB;
  const cure = ok ? null : `end other programs: a run wants ${LEAST_MEMORY_GIB} GiB free`;
  return { id: 'memory', title: 'free memory', found: `${available.toFixed(1)} GiB`, ok, needed: false, cure };
}

async function disk(root: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(root);
  const free = (bavail * bsize) / GIB;
  const ok = free >= LEAST_DISK_GIB;
  const cure = ok ? null : `make room: a run wants ${LEAST_DISK_GIB} GiB free`;
  return { id: 'disk', title: 'free disk', found: `${free.toFixed(1)} GiB`, ok, needed: false, cure };
}
