/**
 * What an activity's author writes, and nothing of Temporal in it: a function from settings and artifacts to artifacts.
 * `activities/register.ts` wraps it: parses the payload, heartbeats, hashes what it wrote, turns a Problem into a failure.
 */
import type { Progress, Summary } from '../configs/schema/payload.js';

/** A file that a task read or wrote, by its artifact name; `path` is absolute. */
export interface NamedFile {
  readonly name: string;
  readonly path: string;
  /** Where `path` is a link that other runs change too: the file to which this task made it lead, whose digest is recorded. Absolute. */
  readonly target?: string | undefined;
}

export interface TaskContext<Settings> {
  /** Absolute path of the project root. Everything a task writes lies below it. */
  readonly root: string;
  readonly run: string;
  /** As planned: of a leg of a matrix, the leg's. */
  readonly task: string;
  /** The task's own folder below `runs/`, `logs/` and `checkpoints/`: `RUN/TASK`. */
  readonly folder: string;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly settings: Settings;
  /** Absolute path of an artifact that the catalogue says this activity reads; its bytes were checked against its sha256. */
  artifact(name: string): string;
  /** sha256 of the same artifact. */
  digest(name: string): string;
  /** Whether an artifact that the activity may read, or do without, is there. */
  has(name: string): boolean;
  /** The value of an environment variable that the pipeline gives the task in `env`. It must go into no file, log or message. */
  secret(name: string): string;
  /** Absolute path below the root, its folder made: `context.file('runs', folder, 'audit.json')`. */
  file(...segments: string[]): Promise<string>;
  /** Tells where the task stands; also the heartbeat, so call it whenever there was progress, and only then. */
  progress(progress: Progress): void;
  /** Aborted when the task is cancelled or the worker shuts down: stop, keep what is safe, throw `signal.reason`. */
  readonly signal: AbortSignal;
}

export interface TaskResult {
  /** Every artifact that the catalogue says the activity provides. */
  readonly artifacts: readonly NamedFile[];
  readonly summary: Summary;
  readonly warnings?: readonly string[];
}

export type TaskFunction<Settings> = (context: TaskContext<Settings>) => Promise<TaskResult>;
