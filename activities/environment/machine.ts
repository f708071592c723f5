/** The machine: processor, memory, disk, accelerator. */
import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { arch, availableParallelism, cpus, freemem, platform, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { Environment } from '../../configs/schema/environment.js';

export type Machine = Pick<Environment, 'system' | 'processor' | 'memory' | 'disk'> & { readonly gpu: Environment['device']['gpu'] };

const GIB = 2 ** 30;
const LIMIT_MS = 20_000;

export async function describeMachine(root: string): Promise<Machine> {
  const { bavail, bsize } = await statfs(root);
  // A container may use less than the machine has; 0 or a huge number: no limit.
  const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return {
    system: { platform: platform(), release: release(), architecture: arch() },
    processor: { model: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism() },
    memory: { total: gib(Math.min(totalmem(), limit)), free: gib(Math.min(freemem(), limit)) },
    disk: { free: gib(bavail * bsize) },
    gpu: await describeGpu(),
  };
}

/** Null without a driver, which is no fault here: whether TensorFlow can use a device is asked of TensorFlow. */
async function describeGpu(): Promise<Environment['device']['gpu']> {
  try {
    const query = ['--query-gpu=name,driver_version', '--format=csv,noheader'];
    const { stdout } = await promisify(execFile)('nvidia-smi', query, { timeout: LIMIT_MS });
    const [name, driver] = (stdout.split('\n')[0] ?? '').split(',').map((text) => text.trim());
    return name && driver ? { name, driver } : null;
  } catch {
    return null;
  }
}

function gib(bytes: number): number {
  return Math.round((bytes / GIB) * 10) / 10;
}
