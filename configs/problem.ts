/**
 * The one error class for what a person can act on: what is wrong, where, and what to do.
 * Anything else that is thrown is a defect of ours and keeps its stack trace.
 */
import { cut } from './cut.js';
import { visible } from './visible.js';

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
  /** What a task returned or told is not what a task may return or tell. */
  RESULT: { retryable: false },
  /** What came through Temporal bears no seal of this project. */
  UNSEALED: { retryable: false },
  // What may pass by itself: retried with backoff.
  STALLED: { retryable: true },
  CHILD_DIED: { retryable: true },
  OUT_OF_MEMORY: { retryable: true },
  DEVICE_LOST: { retryable: true },
  DISK_FULL: { retryable: true },
  OUT_OF_FILES: { retryable: true },
  UNREACHABLE: { retryable: true },
} as const;

export type ProblemCode = keyof typeof PROBLEM_CODES;

export function isProblemCode(code: unknown): code is ProblemCode {
  return typeof code === 'string' && Object.hasOwn(PROBLEM_CODES, code);
}

/** All codes, for messages. */
export function codesInWords(): string {
  return Object.keys(PROBLEM_CODES).join(', ');
}

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
    super(cut(message), cause === undefined ? undefined : { cause });
    this.code = code;
    this.where = where;
    this.cure = cure;
  }

  get retryable(): boolean {
    // JavaScript may give any code: such a Problem counts as a defect (configs/failure.ts).
    return !isProblemCode(this.code) || PROBLEM_CODES[this.code].retryable;
  }

  /** The text a person sees: `where: message` and the cure on a line of its own. */
  describe(): string {
    const head = this.where === undefined ? this.message : `${this.where}: ${this.message}`;
    return visible(this.cure === undefined ? head : `${head}\n  cure: ${this.cure}`);
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

/** Narrows to a system error of one of these codes. */
export function isAbout(error: unknown, ...codes: readonly string[]): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
