/**
 * How long the exported models take for one photo, how long they load and how much memory that takes, on this machine: onnxruntime-node,
 * warm, each model in a process of its own, since sessions of several threads in one process slow each other fivefold. The processes take
 * turns of a few photos, so that a noisy machine is noisy for all of them: the ratios hold where the milliseconds do not.
 */
import { cpus } from 'node:os';
import { env } from 'onnxruntime-node';
import type { Latency, Timing } from '../../configs/schema/evaluation.js';
import { median } from '../ranking/median.js';
import { percentile } from '../ranking/percentile.js';
import { ModelTimer } from './model-timer.js';

export interface LatencyRequest {
  /** Paths by name, `onnx` among them: what the others are compared with. */
  readonly models: ReadonlyMap<Timing['model'], string>;
  /** Height and width of the input, px. */
  readonly crop: number;
  /** Times that each model gets a fresh process. */
  readonly rounds: number;
  /** Timed photos of each model in a round. */
  readonly runs: number;
  readonly signal: AbortSignal;
  /** Told before each round how many are done. */
  readonly progress: (done: number, total: number) => void;
}

const THREADS = [1, 2];
/** Timed photos before it is another model's turn. */
const TURN = 5;

/** One model's turns in all rounds: `turns[i]` was beside the i-th turn of every other model. */
interface Measured {
  readonly loadMs: number[];
  readonly turns: (readonly number[])[];
  peakMegabytes: number | null;
}

/** @throws Problem CHILD_DIED where a process ends without an answer; `signal.reason` where it is aborted. */
export async function measureLatency(request: LatencyRequest): Promise<Latency> {
  const { rounds, runs, progress } = request;
  const timings: Timing[] = [];
  for (const [place, threads] of THREADS.entries()) {
    const measured = new Map([...request.models.keys()].map((model): [Timing['model'], Measured] => [model, nothingMeasured()]));
    for (let round = 0; round < rounds; round++) {
      progress(place * rounds + round, THREADS.length * rounds);
      await measureRound(request, threads, measured);
    }
    timings.push(...summaries(measured, threads));
  }
  return {
    runtime: `onnxruntime-node ${env.versions.node ?? 'of unknown version'}`,
    processor: cpus()[0]?.model ?? 'unknown',
    rounds,
    runs,
    timings,
  };
}

function nothingMeasured(): Measured {
  return { loadMs: [], turns: [], peakMegabytes: null };
}

async function measureRound(
  { models, crop, runs, signal }: LatencyRequest,
  threads: number,
  measured: ReadonlyMap<Timing['model'], Measured>,
): Promise<void> {
  const timers: { readonly timer: ModelTimer; readonly own: Measured }[] = [];
  try {
    for (const [model, own] of measured) {
      const timer = await ModelTimer.open({ name: model, path: models.get(model) ?? '', crop, threads, signal });
      timers.push({ timer, own });
      own.loadMs.push(timer.loadMs);
    }
    for (let done = 0; done < runs; done += TURN)
      for (const { timer, own } of timers) {
        const { times, peakMegabytes } = await timer.time(Math.min(TURN, runs - done));
        own.turns.push(times);
        own.peakMegabytes = peakMegabytes === null ? own.peakMegabytes : Math.max(peakMegabytes, own.peakMegabytes ?? 0);
      }
  } finally {
    for (const { timer } of timers) timer.close();
  }
}

function summaries(measured: ReadonlyMap<Timing['model'], Measured>, threads: number): Timing[] {
  const float = measured.get('onnx')?.turns ?? [];
  return [...measured].map(([model, { loadMs, turns, peakMegabytes }]) => ({
    model,
    threads,
    p50Ms: percentile(turns.flat(), 0.5),
    p95Ms: percentile(turns.flat(), 0.95),
    ratio: median(turns.map((times, turn) => median(times) / median(float[turn] ?? [NaN]))),
    loadMs: median(loadMs),
    peakMegabytes,
  }));
}
