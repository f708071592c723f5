/** What the supervisor of one process is told, and what it tells. Types alone: the supervisor loads no schemas. */
import type { ProcessIdentity } from './identity.js';

export interface Supervised {
  readonly root: string;
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly target: string;
  readonly code: string;
  /** Relative to the root. */
  readonly log: string;
  /** Absolute. */
  readonly logFile: string;
  /** Absolute path of the process' record. */
  readonly record: string;
  /** Absolute path of the lock that the process and its supervisor hold. */
  readonly lock: string;
  /** A process that runs already, whose supervisor is gone. */
  readonly adopt: { readonly process: ProcessIdentity; readonly startedAt: string } | null;
}

/** How the process ended last. */
export interface Deaths {
  /** In a row, each soon after it was started. */
  readonly count: number;
  readonly how: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** When it is started again; null once it was. */
  readonly againAt: string | null;
}

/** Sent once: that the process runs, or why it does not. */
export type Answer = { readonly record: object } | { readonly failed: string };
