/**
 * From a cached square of bytes to the floats that the network reads: centre crop and ImageNet normalisation (method §3.1, §3.2),
 * and for the good photo while training also rotation, flip, brightness and contrast (method §3.3).
 *
 * The definitions are torchvision's on float images (transforms.functional rotate with BILINEAR, center_crop, hflip, adjust_brightness,
 * adjust_contrast, normalize), in this fixed order; torchvision's ColorJitter draws the order of brightness and contrast, which
 * changes little at 10 % and would make two runs harder to compare. Rotation turns the whole cached square, so that at
 * 256 px and 5 degrees the corners of a 224-px crop still show photo; what lies outside is black.
 */
import type { CacheIndex } from '../../configs/schema/photos.js';
import { Draws } from '../random/philox.js';
import type { PhotoCache } from './cache.js';
import { centreOffset } from './geometry.js';
import { clamp, writeRotated } from './rotate.js';

/** What happens to one photo. `rotation` in degrees, counter-clockwise; factors of 1 change nothing. */
export interface Augmentation {
  readonly rotation: number;
  readonly flip: boolean;
  readonly brightness: number;
  readonly contrast: number;
}

/** A cached square and how to look at it. */
export interface ViewSettings {
  readonly size: number;
  readonly crop: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Names the place that random numbers are drawn for: `index` is the photo's position in the epoch. */
export interface Draw {
  readonly seed: number;
  readonly epoch: number;
  readonly index: number;
}

const CHANNELS = 3;

/** Writes photo `photo` as crop x crop x 3 floats (NHWC order, normalised) to `out` from `offset`, unaugmented: for validation, test and export. */
export function fillView(cache: PhotoCache, photo: number, out: Float32Array, offset: number): void {
  writeView(cache.pixels(photo), cache.index, out, offset);
}

/** Like {@link fillView}, augmented as the cache's settings say, by numbers that depend on `draw` alone. */
export function fillAugmented(cache: PhotoCache, photo: number, draw: Draw, out: Float32Array, offset: number): void {
  writeAugmented(cache.pixels(photo), cache.index, drawAugmentation(cache.index.augment, draw), out, offset);
}

/** Draws what happens to one photo: flip with its probability, the rest uniform (torchvision's ColorJitter and RandomRotation). */
export function drawAugmentation(settings: CacheIndex['augment'], draw: Draw): Augmentation {
  const draws = new Draws('augment', draw);
  return {
    rotation: draws.between(-settings.rotation, settings.rotation),
    flip: draws.uniform() < settings.flip,
    brightness: draws.between(1 - settings.brightness, 1 + settings.brightness),
    contrast: draws.between(1 - settings.contrast, 1 + settings.contrast),
  };
}

/** Crop and normalise. `pixels`: size x size x 3 bytes. */
export function writeView(pixels: Uint8Array, view: ViewSettings, out: Float32Array, offset: number): void {
  const { size, crop } = view;
  const start = centreOffset(size, crop);
  const [red, green, blue] = normalisations(view);
  let at = offset;
  for (let y = 0; y < crop; y++) {
    let from = ((start + y) * size + start) * CHANNELS;
    for (let x = 0; x < crop; x++) {
      out[at] = (pixels[from] as number) * (red.scale / 255) + red.shift;
      out[at + 1] = (pixels[from + 1] as number) * (green.scale / 255) + green.shift;
      out[at + 2] = (pixels[from + 2] as number) * (blue.scale / 255) + blue.shift;
      at += CHANNELS;
      from += CHANNELS;
    }
  }
}

/** (value - mean) / std as value * scale + shift. */
interface Normalisation {
  readonly scale: number;
  readonly shift: number;
}

function normalisations({ mean, std }: ViewSettings): [Normalisation, Normalisation, Normalisation] {
  const channel = (number: number): Normalisation => {
    const scale = 1 / (std[number] ?? 1);
    return { scale, shift: -(mean[number] ?? 0) * scale };
  };
  return [channel(0), channel(1), channel(2)];
}

/** Rotate, crop, flip, brightness, contrast, normalise. `pixels`: size x size x 3 bytes. */
export function writeAugmented(
  pixels: Uint8Array,
  view: ViewSettings,
  { rotation, flip, brightness, contrast }: Augmentation,
  out: Float32Array,
  offset: number,
): void {
  const { crop } = view;
  const grey = writeRotated(pixels, view, { degrees: rotation, flip, brightness }, out, offset);
  const lift = (1 - contrast) * grey;
  const [red, green, blue] = normalisations(view);
  const end = offset + crop * crop * CHANNELS;
  for (let at = offset; at < end; at += CHANNELS) {
    out[at] = clamp(contrast * (out[at] as number) + lift) * red.scale + red.shift;
    out[at + 1] = clamp(contrast * (out[at + 1] as number) + lift) * green.scale + green.shift;
    out[at + 2] = clamp(contrast * (out[at + 2] as number) + lift) * blue.scale + blue.shift;
  }
}
