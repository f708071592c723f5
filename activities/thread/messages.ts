/** What a worker and the thread that runs a task for it say to each other. */
import type { ProblemFields } from '../../configs/problem.js';
import type { ActivityName } from '../../configs/schema/catalog.js';
import type { Progress } from '../../configs/schema/payload.js';
import type { ReadFile } from '../files.js';
import type { TaskResult } from '../task.js';

/** Handed to the thread when it starts. */
export interface ThreadTask {
  readonly uses: ActivityName;
  readonly root: string;
  readonly run: string;
  readonly task: string;
  readonly attempt: number;
  readonly settings: unknown;
  readonly files: readonly ReadFile[];
}

export type FromThread =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'result'; readonly result: TaskResult }
  | { readonly kind: 'problem'; readonly problem: Omit<ProblemFields, 'cause'>; readonly cause: unknown }
  | { readonly kind: 'defect'; readonly error: unknown };

/** The only thing a thread is ever told: stop. */
export const ABORT = 'abort';
