/**
 * The process that decodes photos. A photo that makes a decoder crash ends this process and no other; who waits for it sees how it
 * ended (decoder-process.ts). It lives as long as the channel to its parent.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { recordOf, type FailureRecord } from '../../../configs/failure.js';
import { isAbout, Problem } from '../../../configs/problem.js';
import { readInto } from '../../files/digests.js';
import { openPhotosOnly } from '../loaders.js';
import { PHOTOS_UNDER_WAY } from './at-once.js';
import { checkDecoders } from './check.js';
import { FileMemory } from './file-memory.js';
import { JOBS, type Ask, type Job, type JobName } from './jobs.js';
import { PIXELS, type FromDecoder, type ReadFile, type SystemFailure, type ToDecoder } from './messages.js';

/** Where memory runs out, Linux ends a process with a higher number first: a decoder, whose photo is tried again, and not a worker. */
const ENDED_FIRST = { file: '/proc/self/oom_score_adj', score: '500' };

/** Pixels of a photo that does not ask for memory: an answer takes a tenth of the time that a small photo does. */
const SMALL = 1e6;

const pixelsOut = new Socket({ fd: PIXELS });
const files = new FileMemory(PHOTOS_UNDER_WAY);
const photos = new Map<number, Buffer>();
const waiting = new Map<number, () => void>();

function say(message: FromDecoder): void {
  process.send?.(message);
}

async function read(path: string, most: number): Promise<{ readonly bytes: Buffer; readonly file: ReadFile }> {
  const { size } = await stat(path);
  if (size > most)
    throw new Problem({ code: 'PHOTO', message: `has ${size} bytes, more than any photo that is allowed`, cure: 'see what the file is' });
  const bytes = await readInto(files.take(size), path);
  return { bytes, file: { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length } };
}

async function perform<Name extends JobName>(id: number, name: Name, ask: Ask<Name>): Promise<void> {
  const bytes = photos.get(id);
  if (bytes === undefined) throw new Error(`a job with photo ${id}, which was not read`);
  const begin = async (pixels: number): Promise<void> => {
    if (pixels <= SMALL) return;
    await new Promise<void>((enter) => {
      waiting.set(id, enter);
      say({ id, pixels });
    });
  };
  const job: Job<Name> = JOBS[name];
  try {
    const { answer, pixels } = await job(bytes, ask, begin);
    if (pixels !== null) pixelsOut.write(pixels);
    say({ id, answer, pixelBytes: pixels?.length ?? 0 });
  } finally {
    forget(id);
  }
}

function forget(id: number): void {
  const bytes = photos.get(id);
  if (bytes !== undefined) files.giveBack(bytes.buffer as ArrayBuffer);
  photos.delete(id);
  waiting.delete(id);
}

async function obey(message: ToDecoder): Promise<void> {
  const { id } = message;
  if ('read' in message) {
    const { bytes, file } = await read(message.read, message.most);
    photos.set(id, bytes);
    say({ id, read: file });
  } else if ('job' in message) await perform(id, message.job, message.ask);
  else if ('enter' in message) waiting.get(id)?.();
  else forget(id);
}

/** Where the system takes no such offer, it chooses by itself. */
function offerToEndFirst(): void {
  try {
    writeFileSync(ENDED_FIRST.file, ENDED_FIRST.score);
  } catch (error) {
    if (!isAbout(error, 'ENOENT', 'EACCES', 'EPERM', 'EROFS')) throw error;
  }
}

function failureOf(error: unknown): FailureRecord | SystemFailure {
  if (error instanceof Problem || !(error instanceof Error) || !('syscall' in error)) return recordOf(error);
  const { message, syscall, code, path } = error as NodeJS.ErrnoException;
  return { system: { message, syscall: String(syscall), code: String(code), ...(path === undefined ? {} : { path }) } };
}

// A terminal tells all processes that it started; this one ends with its parent.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// Not `exit`, which waits for threads: one may hang in a photo.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

try {
  offerToEndFirst();
  openPhotosOnly();
  await checkDecoders();
  process.on('message', (message: ToDecoder) => {
    obey(message).catch((error: unknown) => say({ id: message.id, failure: failureOf(error) }));
  });
  say({ ready: true });
} catch (error) {
  say({ unfit: recordOf(error) });
}
