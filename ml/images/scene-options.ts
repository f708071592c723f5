/** What a sample set's scenes are made like. */
import type { Label } from '../../configs/schema/photos.js';
import type { DegradationKind } from '../../configs/schema/sample.js';

export interface SceneOptions {
  /** Pairs to make. */
  readonly crops: number;
  /** Taken in turn, so that a scene has as many of each. */
  readonly kinds: readonly DegradationKind[];
  readonly seed: number;
}

/** Smallest side of a photo that a scene can be made of, in pixels: what the audit asks for (method §2.2). */
export const SMALLEST_SIDE = 224;

/** Relative to the scene's folder, with `/`. */
export function photoOf(label: Label, stem: string): string {
  return `${label}/${stem}.png`;
}
