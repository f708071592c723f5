/** What the page and its worker say to each other. */
import type { Runtime, Scores } from './manifest.js';

/** A photo to score. */
export interface Ask {
  readonly id: number;
  readonly photo: Blob;
}

/** The model that is loaded. */
export interface Ready {
  readonly version: string;
  readonly trainedAt: string;
  /** It learned from pairs that were made, not taken. */
  readonly synthetic: boolean;
  /** As the manifest calls it: `fp32`, `int8-weights`. */
  readonly file: string;
  readonly bytes: number;
  readonly runtime: Runtime;
  readonly threads: number;
  /** Side of the square that the model sees: smaller photos are refused. */
  readonly crop: number;
  readonly scores: Scores | null;
  /** What was wanted and did not work, in words. */
  readonly remarks: readonly string[];
}

export type Answer =
  | { readonly kind: 'loading'; readonly done: number; readonly all: number }
  | { readonly kind: 'ready'; readonly model: Ready }
  /** No model: nothing can be ranked. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'scored'; readonly id: number; readonly score: number; readonly thumbnail: ImageBitmap; readonly milliseconds: number }
  | { readonly kind: 'unreadable'; readonly id: number; readonly why: string };
