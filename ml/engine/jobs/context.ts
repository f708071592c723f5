import type { Progress } from '../../../configs/schema/payload.js';

export interface JobContext {
  progress(progress: Progress): void;
  /** True once the parent asked for an end: save what there is and return. */
  stopping(): boolean;
}
