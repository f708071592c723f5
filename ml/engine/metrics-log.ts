/**
 * `logs/<run>/<task>/metrics.jsonl`: one JSON object a line, for every epoch and for every few steps.
 *
 * A row of steps is a write and no fsync: the system has it then, so that a killed process loses nothing, and no step waits for a
 * disk. It is fsynced together with the row of its epoch, and before a checkpoint is written that knows of its steps: even a power
 * cut leaves no checkpoint whose rows are gone. Training that continues from a checkpoint cuts what came after it and writes it again.
 */
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { isAbout } from '../../configs/problem.js';
import { fromSystemError } from '../../configs/system-error.js';
import { writeFileAtomically } from '../files/atomic.js';

/** What rows of both kinds say. `loss` is a mean over steps, accuracies are shares in [0, 1]; the last three are of this machine, not of the method. */
const Both = {
  epoch: z.int().positive(),
  /** Optimiser steps done in all. */
  step: z.int(),
  loss: z.number(),
  accuracy: z.number(),
  /** Learning rate of the last step. */
  lr: z.number(),
  /** Mean over steps, before clipping. */
  gradNorm: z.number(),
  imagesPerSecond: z.number(),
  /** Share of training time spent waiting for photos. */
  dataWaitShare: z.number(),
  /** Resident memory of the training process, MiB. */
  memoryMb: z.number(),
};

export const EpochRow = z.object({
  kind: z.literal('epoch'),
  ...Both,
  valLoss: z.number(),
  valAccuracy: z.number(),
  /** Since the epoch began, or since training was resumed in it. */
  seconds: z.number(),
});
export type EpochRow = z.infer<typeof EpochRow>;

export const StepRow = z.object({
  kind: z.literal('step'),
  ...Both,
  /** How many steps of the epoch, up to `step`, the row stands for. Its speed is over those that were taken since training was resumed. */
  steps: z.int().positive(),
});
export type StepRow = z.infer<typeof StepRow>;

export const TrainingRow = z.discriminatedUnion('kind', [EpochRow, StepRow]);
export type TrainingRow = z.infer<typeof TrainingRow>;

export class MetricsLog {
  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  /**
   * Keeps the rows of the epochs that are over and of the steps that are done, and drops what follows, and a last line cut short by a kill.
   * @param from where training goes on: `epoch` is in progress, `step` steps are done in all
   */
  static async open(path: string, from: { readonly epoch: number; readonly step: number }): Promise<MetricsLog> {
    const kept = (await readRows(path)).filter((row) => (row.kind === 'epoch' ? row.epoch < from.epoch : row.step <= from.step));
    await writeFileAtomically(path, kept.map(line).join(''));
    return new MetricsLog(path, await open(path, 'a'));
  }

  /** @throws Problem DISK_FULL */
  async append(row: TrainingRow): Promise<void> {
    await this.#careful(async () => {
      await this.file.appendFile(line(row));
      if (row.kind === 'epoch') await this.file.sync();
    });
  }

  /** Makes every row last. @throws Problem DISK_FULL */
  async sync(): Promise<void> {
    await this.#careful(() => this.file.sync());
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  async #careful(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      throw fromSystemError(error, this.path);
    }
  }
}

/** Rows that can be read; none where there is no file. */
export async function readRows(path: string): Promise<TrainingRow[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isAbout(error, 'ENOENT')) return '';
    throw error;
  });
  return text.split('\n').flatMap((text) => {
    // A fault thrown for each of a million lines takes seconds.
    const row = text.startsWith('{') && text.endsWith('}') ? TrainingRow.safeParse(parseJson(text)).data : undefined;
    return row === undefined ? [] : [row];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function line(row: TrainingRow): string {
  return `${JSON.stringify(row)}\n`;
}
