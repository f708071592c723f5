/** What a process that needs photos decoded and the process that decodes them say to each other. */
import type { FailureRecord } from '../../../configs/failure.js';
import type { Answer, Ask, JobName } from './jobs.js';

/** The file descriptor by which pixels come: in a message they would be copied six times, each time into fresh memory. */
export const PIXELS = 4;

/** About the photo `id`: read this file of at most `most` bytes; do a job with it, and forget it; there is room, begin to decode; forget it. */
export type ToDecoder = { readonly id: number } & (
  | { readonly read: string; readonly most: number }
  | { readonly job: JobName; readonly ask: Ask<JobName> }
  | { readonly enter: true }
  | { readonly forget: true }
);

/** A file as it was read. */
export interface ReadFile {
  /** Of all its bytes, lower-case hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/** An error of the system, whose code the one who asked looks at. */
export interface SystemFailure {
  readonly system: { readonly message: string; readonly code: string; readonly syscall: string; readonly path?: string };
}

/**
 * `ready`: photos can come. `unfit`: why no photo can be decoded here. `pixels`: of a photo that is about to be decoded; it waits for
 * `enter`. `pixelBytes`: so many bytes come by {@link PIXELS}, in the order of the answers.
 */
export type FromDecoder =
  | { readonly ready: true }
  | { readonly unfit: FailureRecord }
  | ({ readonly id: number } & (
      | { readonly read: ReadFile }
      | { readonly pixels: number }
      | { readonly answer: Answer<JobName>; readonly pixelBytes: number }
      | { readonly failure: FailureRecord | SystemFailure }
    ));
