/**
 * The one error class for what a person can act on: what is wrong, where, and what to do.
 * Anything else that is thrown is a defect of ours and keeps its stack trace.
 */

/** Every code a {@link Problem} can carry, and whether trying the same thing again can help (design §4, "Failure kinds"). */
export const PROBLEM_CODES = {
  // What a person must change first: never retried.
  USAGE: { retryable: false },
  CONFIGURATION: { retryable: false },
  DATASET: { retryable: false },
  PHOTO: { retryable: false },
  WEIGHTS: { retryable: false },
  ARTIFACT_MISSING: { retryable: false },
  ARTIFACT_ALTERED: { retryable: false },
  NUMERICS: { retryable: false },
  PARITY: { retryable: false },
  CHECKLIST_INCOMPLETE: { retryable: false },
  ENVIRONMENT: { retryable: false },
  NOT_FOUND: { retryable: false },
  CONFLICT: { retryable: false },
  // What may pass by itself: retried with backoff.
  STALLED: { retryable: true },
  CHILD_DIED: { retryable: true },
  OUT_OF_MEMORY: { retryable: true },
  DEVICE_LOST: { retryable: true },
  DISK_FULL: { retryable: true },
  UNREACHABLE: { retryable: true },
} as const;

export type ProblemCode = keyof typeof PROBLEM_CODES;

export interface ProblemFields {
  readonly code: ProblemCode;
  /** What is wrong, in one sentence that names the thing. */
  readonly message: string;
  /** Where: `file:line:column`, a stage, a photo. */
  readonly where?: string;
  /** What to do about it. */
  readonly cure?: string;
  readonly cause?: unknown;
}

export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly where: string | undefined;
  readonly cure: string | undefined;

  constructor({ code, message, where, cure, cause }: ProblemFields) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.where = where;
    this.cure = cure;
  }

  get retryable(): boolean {
    return PROBLEM_CODES[this.code].retryable;
  }

  /** The text a person sees: `where: message` and the cure on a line of its own. */
  describe(): string {
    const head = this.where === undefined ? this.message : `${this.where}: ${this.message}`;
    return this.cure === undefined ? head : `${head}\n  cure: ${this.cure}`;
  }

  toJSON(): Omit<ProblemFields, 'cause'> {
    return {
      code: this.code,
      message: this.message,
      ...(this.where === undefined ? {} : { where: this.where }),
      ...(this.cure === undefined ? {} : { cure: this.cure }),
    };
  }
}

const ERRNO_CODES: Readonly<Record<string, ProblemCode>> = {
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  ENOMEM: 'OUT_OF_MEMORY',
  ECONNREFUSED: 'UNREACHABLE',
  ECONNRESET: 'UNREACHABLE',
  ENOTFOUND: 'UNREACHABLE',
  ETIMEDOUT: 'UNREACHABLE',
  ENOENT: 'NOT_FOUND',
};

/** The system's own error codes that a person can act on, as a {@link Problem}; everything else as it was. */
export function fromSystemError(error: unknown, where: string): unknown {
  if (error instanceof Problem || !(error instanceof Error) || !('code' in error)) return error;
  const code = ERRNO_CODES[String(error.code)];
  if (code === undefined) return error;
  const cure = code === 'DISK_FULL' ? 'free some disk space; nothing that was already written is lost' : undefined;
  return new Problem({ code, message: error.message, where, ...(cure === undefined ? {} : { cure }), cause: error });
}

/** Narrows to a system error of one of these codes. */
export function isAbout(error: unknown, ...codes: readonly string[]): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
