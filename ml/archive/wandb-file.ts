/**
 * Reads back what an offline W&B run holds (`run-<id>.wandb`), so that an archive is proved by another program than the one
 * that wrote it. The file is a LevelDB log: a 7-byte head, then blocks of 32 KiB with chunks of
 * [crc32 of type and data, 4 bytes][length, 2][type, 1][data]; a record is one whole chunk or a first, middles and a last.
 * Each record is a protobuf message `Record` of wandb/proto/wandb_internal.proto. Written by wandb 0.31.0.
 */
import { open } from 'node:fs/promises';
import protobuf from 'protobufjs';
import { Problem } from '../../configs/problem.js';
import { crc32 } from '../files/crc32.js';
import { readAtMost } from '../files/regular.js';

export interface WandbRun {
  readonly runId: string;
  readonly project: string;
  /** What was logged, row by row; W&B's own fields (`_step`, `_runtime`, `_timestamp`) are left out. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** The run was finished with exit code 0: without it the program that logged died before the end. */
  readonly finished: boolean;
}

/** Bytes: a row takes some hundred. */
const MOST_BYTES = 256 * 2 ** 20;
const HEAD = Buffer.from(':W&B');
const HEAD_BYTES = 7;
const BLOCK = 32_768;
const CHUNK_HEAD = 7;
const CHUNK = { whole: 1, first: 2, middle: 3, last: 4 } as const;

/** @throws Problem ARTIFACT_ALTERED where the file is no offline run, is cut short or damaged; the system's error where it is not there. */
export async function readWandbRun(path: string): Promise<WandbRun> {
  const file = await open(path, 'r');
  const bytes = await readAtMost(file, MOST_BYTES).finally(() => file.close());
  if (bytes === null) throw altered(path, `it has more than ${MOST_BYTES} bytes`);
  const run = { runId: '', project: '', rows: [] as Record<string, unknown>[], finished: false };
  try {
    for (const record of records(bytes)) for (const [field, value] of fields(record)) READERS[field]?.(value, run);
  } catch (cause) {
    // Words of ours, of protobuf (RangeError where a length leads out) or of JSON.
    if (!(cause instanceof Error) || cause instanceof TypeError) throw cause;
    throw altered(path, cause.message, cause);
  }
  return run;
}

function altered(where: string, message: string, cause?: unknown): Problem {
  return new Problem({
    code: 'ARTIFACT_ALTERED',
    message,
    where,
    cure: 'archive the logs again: emo-aen retry with the task archive-logs',
    cause,
  });
}

type Building = { runId: string; project: string; rows: Record<string, unknown>[]; finished: boolean };

/** By the field number of `Record`. */
const READERS: Readonly<Record<number, (value: Uint8Array | number, run: Building) => void>> = {
  2: (history, run) => void run.rows.push(historyRow(history)),
  17: (started, run) => {
    for (const [field, value] of fields(started)) {
      if (field === 1) run.runId = text(value);
      if (field === 3) run.project = text(value);
    }
  },
  18: (exit, run) => {
    run.finished = !fields(exit).some(([field, value]) => (field === 1 || field === 3) && value !== 0);
  },
};

function historyRow(history: Uint8Array | number): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const [field, item] of fields(history)) {
    if (field !== 1) continue;
    const [key, value] = historyItem(item);
    if (!key.startsWith('_')) row[key] = value;
  }
  return row;
}

/** `key` or `nested_key`, and the value as JSON, which is how wandb's Python writes it. */
function historyItem(item: Uint8Array | number): [key: string, value: unknown] {
  const path: string[] = [];
  let json = 'null';
  for (const [field, value] of fields(item)) {
    if (field === 1 || field === 2) path.push(text(value));
    if (field === 16) json = text(value);
  }
  return [path.join('.'), JSON.parse(json)];
}

function text(value: Uint8Array | number): string {
  if (typeof value === 'number') throw new Error('a text is a number in it');
  return Buffer.from(value).toString('utf8');
}

/** Field numbers and values of a message: bytes, or an integer of at most 53 bits. */
function fields(message: Uint8Array | number): [number: number, value: Uint8Array | number][] {
  if (typeof message === 'number') throw new Error('a message is a number in it');
  const reader = protobuf.Reader.create(message);
  const found: [number, Uint8Array | number][] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const [field, type] = [tag >>> 3, tag & 7];
    if (type === 2) found.push([field, reader.bytes()]);
    else if (type === 0) found.push([field, Number(reader.uint64())]);
    else reader.skipType(type);
  }
  return found;
}

function* records(file: Buffer): Generator<Buffer> {
  if (!file.subarray(0, HEAD.length).equals(HEAD)) throw new Error('it is no offline run of W&B');
  let parts: Buffer[] = [];
  let at = HEAD_BYTES;
  while (at < file.length) {
    const left = BLOCK - (at % BLOCK);
    if (left < CHUNK_HEAD) {
      at += left; // the rest of a block that no chunk's head fits into
      continue;
    }
    if (at + CHUNK_HEAD > file.length) throw new Error(`it is cut short at byte ${file.length}`);
    const length = file.readUInt16LE(at + 4);
    const type = file.readUInt8(at + 6);
    const end = at + CHUNK_HEAD + length;
    if (end > file.length) throw new Error(`it is cut short at byte ${file.length}`);
    if (file.readUInt32LE(at) !== crc32(file.subarray(at + 6, end))) throw new Error(`it is damaged at byte ${at}`);
    if (type === CHUNK.whole || type === CHUNK.first) parts = [];
    parts.push(file.subarray(at + CHUNK_HEAD, end));
    if (type === CHUNK.whole || type === CHUNK.last) yield Buffer.concat(parts);
    at = end;
  }
}
