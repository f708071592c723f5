/** The machine: processor, accelerator, free memory and disk. */
import { readFile } from 'node:fs/promises';
import { describeMachine } from '../../activities/environment/machine.js';
import type { Finding } from './finding.js';

/** What the method's settings ask for (configs/train.yaml, environment), in GiB. */
const LEAST = { memory: 4, disk: 2 };

export async function machineFindings(root: string): Promise<Finding[]> {
  const { processor, memory, disk, gpu } = await describeMachine(root);
  const device = gpu === null ? 'none: the gpu worker runs on the processor (device: auto)' : `${gpu.name}, driver ${gpu.driver}`;
  return [
    await processorFinding(processor),
    { id: 'accelerator', title: 'accelerator', found: device, ok: true, needed: false, cure: null },
    roomFinding('memory', memory.free, 'end other programs'),
    roomFinding('disk', disk.free, 'remove files'),
  ];
}

async function processorFinding({ model, cores }: { model: string; cores: number }): Promise<Finding> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const flags = new Set(/^flags\s*:\s*(.+)$/m.exec(text)?.[1]?.split(' '));
  const vectors = ['avx', 'avx2', 'avx512f', 'avx512_vnni'].filter((flag) => flags.has(flag));
  const ok = flags.has('avx');
  const found = `${model}, ${cores} cores, ${vectors.join(' ') || 'no AVX'}`;
  const cure = ok ? null : 'TensorFlow needs a processor with AVX; in a virtual machine, let it see the processor of its host';
  return { id: 'processor', title: 'processor', found, ok, needed: true, cure };
}

function roomFinding(what: keyof typeof LEAST, free: number, how: string): Finding {
  const ok = free >= LEAST[what];
  const cure = ok ? null : `${how}: a run wants ${LEAST[what]} GiB free`;
  return { id: what, title: `free ${what}`, found: `${free} GiB`, ok, needed: false, cure };
}
