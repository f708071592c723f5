/** One of our commands as a person runs it: how long it took from its start to its end, and how much memory it and its children had at most. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CLONE } from '../../configs/load/installation.js';
import { isAbout } from '../../configs/problem.js';

export interface Ran {
  readonly seconds: number;
  /** Highest resident sets of all its processes together, in MB; pages that they share count for each. */
  readonly peakMb: number;
  /** The JSON document that it printed. */
  readonly answer: unknown;
}

const LOOKED_EVERY_MS = 50;
const PIPELINE = join(CLONE, 'configs', 'pipeline.yaml');

/** @param words without `--root`, `--json` and the pipeline @throws Error with what it said where it printed no JSON */
export async function runCommand(root: string, words: readonly string[]): Promise<Ran> {
  const [name = '', ...rest] = words;
  const all = [join(CLONE, 'bin', 'emo-aen.cjs'), name, ...rest, '--root', root, '--pipeline', PIPELINE, '--json'];
  const begun = performance.now();
  const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'pipe'] });
  const peaks = new Map<number, number>();
  const looking = setInterval(() => void look(child.pid ?? 0, peaks), LOOKED_EVERY_MS);
  const [out, said] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const seconds = (performance.now() - begun) / 1000;
  clearInterval(looking);
  try {
    return { seconds, peakMb: [...peaks.values()].reduce((sum, kb) => sum + kb, 0) / 1024, answer: JSON.parse(out) as unknown };
  } catch (cause) {
    throw new Error(`emo-aen ${words.join(' ')} printed no JSON: ${said.trim().split('\n').at(-1) ?? ''}`, { cause });
  }
}

/** Writes down what the kernel says of a process and its children: VmHWM, which only grows. */
async function look(pid: number, peaks: Map<number, number>): Promise<void> {
  const status = await readOrNothing(`/proc/${pid}/status`);
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  if (peak !== undefined) peaks.set(pid, Math.max(peaks.get(pid) ?? 0, Number(peak)));
  const children = await readOrNothing(`/proc/${pid}/task/${pid}/children`);
  await Promise.all(
    children
      .split(' ')
      .filter((word) => word !== '')
      .map((word) => look(Number(word), peaks)),
  );
}

/** A process may end at any time. */
async function readOrNothing(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (isAbout(error, 'ENOENT', 'ESRCH')) return '';
    throw error;
  });
}
