/** One run of training in a folder: attempts one after another, as the workflow would start them, and what they leave on disk. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { runInChild } from '../../../activities/child/child.js';
import type { TrainJob, TrainResult } from '../../../ml/engine/jobs/protocol.js';
import { hashFile } from '../../../ml/files/atomic.js';
import { Lookout } from './lookout.js';
import type { Moment } from './plan.js';

/** As far as it is needed here: read by hand, so that what the trainer knows of its checkpoints is not taken from itself. */
const Index = z.object({ entries: z.array(z.object({ file: z.string(), sha256: z.string(), best: z.string().nullable() })) });
export type Entry = z.infer<typeof Index>['entries'][number];

/** What is measured by this machine's clock and memory, and so differs from run to run. */
const MACHINE = ['imagesPerSecond', 'dataWaitShare', 'seconds', 'memoryMb'];

/** Of an attempt: many times what one takes, so that a trainer that hangs is a failure and not a run without end. */
const LIMIT_MS = 300_000;

export interface Attempt {
  readonly everyMinutes?: number;
  readonly stallSeconds?: number;
  readonly signal?: AbortSignal;
  readonly runner?: typeof runInChild;
  readonly moment?: Moment;
  /** @returns whether it came in time */
  readonly strike?: (pid: number) => boolean | Promise<boolean>;
  readonly started?: () => void;
  readonly progress?: () => void;
}

export interface End {
  /** Null where it ended by `error`. */
  readonly result: TrainResult | null;
  readonly error: unknown;
  readonly struck: boolean;
}

/** What two runs must have in common. */
export interface Outcome {
  readonly best: string;
  readonly last: string;
  readonly rows: readonly unknown[];
}

export class Run {
  /** Of the attempt that came to the end of training. */
  completed: TrainResult | null = null;
  /** Trainers whose parent was killed. */
  readonly orphans: number[] = [];

  constructor(
    readonly folder: string,
    readonly job: TrainJob,
  ) {}

  async attempt(options: Attempt = {}): Promise<End> {
    const { settings } = this.job;
    const { everyMinutes = settings.checkpoints.everyMinutes, stallSeconds = settings.loop.stallSeconds, strike } = options;
    const job = { ...this.job, settings: { ...settings, checkpoints: { ...settings.checkpoints, everyMinutes } } };
    let pid = 0;
    const lookout = options.moment && strike && new Lookout(job, options.moment, () => strike(pid));
    const run = options.runner ?? runInChild;
    try {
      const result = await run(job, {
        environment: settings.environment,
        stallSeconds,
        signal: options.signal ?? AbortSignal.timeout(LIMIT_MS),
        progress: (progress) => {
          options.progress?.();
          lookout?.progress(progress);
        },
        started: (started) => {
          pid = started;
          options.started?.();
          lookout?.started();
        },
      });
      if (result.kind !== 'train') throw new Error(`asked for training, got ${result.kind}`);
      if (result.complete) this.completed = result;
      return { result, error: null, struck: (await lookout?.close()) ?? false };
    } catch (error) {
      return { result: null, error, struck: (await lookout?.close()) ?? false };
    }
  }

  /** The attempt that nobody disturbs. @throws whatever keeps it from completing */
  async finish(): Promise<TrainResult> {
    if (this.completed !== null) return this.completed;
    const { result, error } = await this.attempt();
    if (result === null) throw error;
    if (!result.complete) throw new Error('training ended before its end, and nobody had asked it to');
    return result;
  }

  /** Oldest first; none before the first attempt. */
  async entries(): Promise<readonly Entry[]> {
    const text = await readFile(join(this.job.checkpoints, 'index.json'), 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw error;
    });
    return text === null ? [] : Index.parse(JSON.parse(text)).entries;
  }

  /** Checkpoints that the index names and that are not what it says. */
  async altered(): Promise<string[]> {
    const altered: string[] = [];
    for (const { file, sha256 } of await this.entries())
      if ((await hashFile(join(this.job.checkpoints, file))).sha256 !== sha256) altered.push(file);
    return altered;
  }

  /** Files that were being written when their writer ended. */
  async halfWritten(): Promise<string[]> {
    return (await readdir(this.job.checkpoints)).filter((file) => file.includes('.tmp-'));
  }

  async outcome({ best, last }: TrainResult): Promise<Outcome> {
    const lines = (await readFile(this.job.metrics, 'utf8')).trimEnd().split('\n');
    const rows = lines.map((line) => Object.entries(z.record(z.string(), z.unknown()).parse(JSON.parse(line))));
    return {
      best: (await hashFile(best)).sha256,
      last: (await hashFile(last)).sha256,
      rows: rows.map((row) => Object.fromEntries(row.filter(([name]) => !MACHINE.includes(name)))),
    };
  }
}
