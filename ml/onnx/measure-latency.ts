/**
 * How long the exported models take for one photo, how long they load and how much memory that takes, on this machine: onnxruntime-node,
 * warm, a fresh process for each measurement, since sessions of several threads in one process slow each other fivefold. Models take turns,
 * so that a noisy machine is noisy for all of them: the ratios hold where the milliseconds do not.
 */
import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { env } from 'onnxruntime-node';
import { z } from 'zod';
import { Problem } from '../../configs/problem.js';
import type { Latency, Timing } from '../../configs/schema/evaluation.js';
import { median } from '../ranking/median.js';
import { percentile } from '../ranking/percentile.js';

export interface LatencyRequest {
  /** Paths by name, `onnx` among them: what the others are compared with. */
  readonly models: ReadonlyMap<Timing['model'], string>;
  /** Height and width of the input, px. */
  readonly crop: number;
  readonly rounds: number;
  /** Timed photos of each model in a round. */
  readonly runs: number;
  readonly signal: AbortSignal;
  /** Told before each measurement how many are done. */
  readonly progress: (done: number, total: number) => void;
}

const TIMER = fileURLToPath(new URL('time-model.js', import.meta.url));
const THREADS = [1, 2];

const Measured = z.object({ loadMs: z.number(), times: z.array(z.number()).min(1), peakMegabytes: z.number() });
type Measured = z.infer<typeof Measured>;

interface Measurement extends Measured {
  readonly model: Timing['model'];
  readonly threads: number;
  readonly round: number;
}

/** @throws Problem CHILD_DIED where a process ends without an answer; `signal.reason` where it is aborted. */
export async function measureLatency({ models, crop, rounds, runs, signal, progress }: LatencyRequest): Promise<Latency> {
  const due = Array.from({ length: rounds }, (_, round) =>
    THREADS.flatMap((threads) => [...models].map(([model, path]) => ({ model, path, threads, round }))),
  ).flat();
  const all: Measurement[] = [];
  for (const { model, path, threads, round } of due) {
    signal.throwIfAborted();
    progress(all.length, due.length);
    all.push({ model, threads, round, ...(await timed([TIMER, path, String(crop), String(threads), String(runs)], model, signal)) });
  }
  return {
    runtime: `onnxruntime-node ${env.versions.node ?? 'of unknown version'}`,
    processor: cpus()[0]?.model ?? 'unknown',
    rounds,
    runs,
    timings: THREADS.flatMap((threads) => [...models.keys()].map((model) => summary(all, model, threads))),
  };
}

function summary(all: readonly Measurement[], model: Timing['model'], threads: number): Timing {
  const own = all.filter((each) => each.model === model && each.threads === threads);
  const float = new Map(all.filter((each) => each.model === 'onnx' && each.threads === threads).map((each) => [each.round, each]));
  const times = own.flatMap((each) => each.times);
  return {
    model,
    threads,
    p50Ms: percentile(times, 0.5),
    p95Ms: percentile(times, 0.95),
    ratio: median(own.map((each) => median(each.times) / median(float.get(each.round)?.times ?? [NaN]))),
    loadMs: median(own.map(({ loadMs }) => loadMs)),
    peakMegabytes: Math.max(...own.map(({ peakMegabytes }) => peakMegabytes)),
  };
}

async function timed(words: readonly string[], model: string, signal: AbortSignal): Promise<Measured> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [...words], { signal });
    return Measured.parse(JSON.parse(stdout));
  } catch (cause) {
    signal.throwIfAborted();
    throw new Problem({
      code: 'CHILD_DIED',
      message: `the process that times ${model} ended without a measurement: ${lastWords(cause)}`,
      cure: 'look whether memory ran out; it is tried again',
      cause,
    });
  }
}

function lastWords(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim() : '';
  return (said === '' ? String(error) : said).split('\n').at(-1) ?? '';
}
