/** `logs/<run>/events.jsonl`: what the activities of a run did, a line per event, for `emo-aen logs`. */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { isAbout, Problem } from '../configs/problem.js';
import { Progress, Summary } from '../configs/schema/payload.js';
import { runFolder } from './ledger-path.js';
import { fromSystemError } from '../configs/system-error.js';
import { makeFolder } from '../ml/files/folders.js';
import { LONGEST_TEXT, readRecordText } from '../ml/files/record.js';

export const TaskEvent = z.object({
  /** ISO 8601, UTC. */
  at: z.string(),
  task: z.string(),
  attempt: z.int(),
  event: z.enum(['started', 'progress', 'warning', 'done', 'failed', 'interrupted']),
  message: z.string(),
  progress: Progress.optional(),
  summary: Summary.optional(),
});
export type TaskEvent = z.infer<typeof TaskEvent>;

function eventsPath(root: string, run: string): string {
  return join(runFolder(root, 'logs', run), 'events.jsonl');
}

/** Adds a line. Lines of activities that run at the same time do not mix: each is one write to a file opened for appending. */
export async function appendEvent(root: string, run: string, event: TaskEvent): Promise<void> {
  const path = eventsPath(root, run);
  await makeFolder(dirname(path));
  const file = await openToAppend(path);
  try {
    await file.appendFile(`${JSON.stringify(event)}\n`);
  } finally {
    await file.close();
  }
}

/** Neither through a link, which could lead to anybody's file, nor into a pipe that nobody reads. */
async function openToAppend(path: string): Promise<FileHandle> {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  return open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600).catch((error: unknown) => {
    if (isAbout(error, 'ELOOP')) throw noLog(path, 'is a link, and no line is written through one');
    if (isAbout(error, 'ENXIO')) throw noLog(path, 'is not a regular file');
    throw fromSystemError(error, path);
  });
}

function noLog(path: string, why: string): Problem {
  return new Problem({ code: 'CONFLICT', message: `the log of this run ${why}`, where: path, cure: `mv ${path} ${path}.old` });
}

/** Every whole line, in the order written; none where there is no file. A line cut short by a kill is left out. */
export async function readEvents(root: string, run: string): Promise<TaskEvent[]> {
  const found = await readRecordText(eventsPath(root, run), LONGEST_TEXT);
  if (found.is === 'absent') return [];
  if (found.is === 'damaged') throw noLog(eventsPath(root, run), found.why);
  return found.value.split('\n').flatMap((line) => {
    const parsed = TaskEvent.safeParse(parseLine(line));
    return parsed.success ? [parsed.data] : [];
  });
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
