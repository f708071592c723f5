/** `logs/<run>/events.jsonl`: what the activities of a run did, a line per event, for `emo-aen logs`. */
import { appendFile, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { isAbout } from '../configs/problem.js';
import { Progress, Summary } from '../configs/schema/payload.js';
import { runFolder } from './ledger-path.js';
import { makeFolder } from '../ml/files/folders.js';

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
  await appendFile(path, `${JSON.stringify(event)}\n`, { mode: 0o600 });
}

/** Every whole line, in the order written; none where there is no file. A line cut short by a kill is left out. */
export async function readEvents(root: string, run: string): Promise<TaskEvent[]> {
  const text = await readFile(eventsPath(root, run), 'utf8').catch((error: unknown) => {
    if (isAbout(error, 'ENOENT')) return '';
    throw error;
  });
  return text.split('\n').flatMap((line) => {
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
