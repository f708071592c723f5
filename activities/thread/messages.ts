/** What a worker and the thread that runs a task for it say to each other. */
import type { FailureRecord } from '../../configs/failure.js';
import type { Progress } from '../../configs/schema/payload.js';
import type { ReadFile } from '../files.js';
import type { TaskResult } from '../task.js';

/** A task for a thread. */
export interface ThreadTask {
  /** An activity of the catalogue, or one of the project's own. */
  readonly uses: string;
  /** Of one of the project's own, the digest of its folder that the plan was made with; null for one of the catalogue. */
  readonly code: string | null;
  readonly root: string;
  readonly run: string;
  readonly task: string;
  readonly folder: string;
  readonly attempt: number;
  readonly settings: unknown;
  readonly files: readonly ReadFile[];
  /** By name. */
  readonly secrets: Readonly<Record<string, string>>;
}

export type FromThread =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'result'; readonly result: TaskResult }
  | { readonly kind: 'failure'; readonly failure: FailureRecord };

/** What a thread is told besides tasks, of which it does one at a time: to stop the one that runs; that there will be no more. */
export const ABORT = 'abort';
export const END = 'end';
export type ToThread = ThreadTask | typeof ABORT | typeof END;
