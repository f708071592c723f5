/** `logs/<run>/metrics.jsonl`: one JSON object a line, fsynced line by line, so that a kill costs at most the line being written. */
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { fromSystemError } from '../../configs/problem.js';
import { writeFileAtomically } from '../files/atomic.js';

/** One epoch. Losses are means over pairs or steps, accuracies shares in [0, 1]; the last five are of this machine, not of the method. */
export const EpochRow = z.object({
  kind: z.literal('epoch'),
  epoch: z.int().positive(),
  /** Optimiser steps done in all. */
  step: z.int(),
  loss: z.number(),
  accuracy: z.number(),
  valLoss: z.number(),
  valAccuracy: z.number(),
  /** Learning rate of the epoch's last step. */
  lr: z.number(),
  /** Mean over steps, before clipping. */
  gradNorm: z.number(),
  imagesPerSecond: z.number(),
  /** Share of training time spent waiting for photos. */
  dataWaitShare: z.number(),
  /** Since the epoch began, or since training was resumed in it. */
  seconds: z.number(),
  memoryMb: z.number(),
});
export type EpochRow = z.infer<typeof EpochRow>;

/** Keeps the rows of epochs before `epoch` and drops the rest, which a resumed run writes again, and a last line cut short by a kill. */
export async function cutMetrics(path: string, epoch: number): Promise<void> {
  const rows = (await readRows(path)).filter((row) => row.epoch < epoch);
  await writeFileAtomically(path, rows.map(line).join(''));
}

export async function appendRow(path: string, row: EpochRow): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'a');
    try {
      await file.write(line(row));
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fromSystemError(error, path);
  }
}

/** Rows that can be read; none where there is no file. */
export async function readRows(path: string): Promise<EpochRow[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').flatMap((text) => {
    const parsed = EpochRow.safeParse(parseJson(text));
    return parsed.success ? [parsed.data] : [];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function line(row: EpochRow): string {
  return `${JSON.stringify(row)}\n`;
}
