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
/** ITU-R BT.601 weights as torchvision's rgb_to_grayscale has them. */
const GREY = [0.2989, 0.587, 0.114] as const;

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
  const [red, green, blue] = normalisedBytes(view);
  let at = offset;
  for (let y = 0; y < crop; y++) {
    let from = ((start + y) * size + start) * CHANNELS;
    for (let x = 0; x < crop; x++) {
      out[at] = red[pixels[from] ?? 0] ?? 0;
      out[at + 1] = green[pixels[from + 1] ?? 0] ?? 0;
      out[at + 2] = blue[pixels[from + 2] ?? 0] ?? 0;
      at += CHANNELS;
      from += CHANNELS;
    }
  }
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
  const grey = writeRotated(pixels, view, { rotation, flip, brightness }, out, offset);
  const lift = (1 - contrast) * grey;
  for (let channel = 0; channel < CHANNELS; channel++) {
    const mean = view.mean[channel] ?? 0;
    const std = view.std[channel] ?? 1;
    const end = offset + crop * crop * CHANNELS;
    for (let at = offset + channel; at < end; at += CHANNELS) {
      out[at] = (clamp(contrast * (out[at] ?? 0) + lift) - mean) / std;
    }
  }
}

/**
 * The rotated, flipped and brightened crop, in [0, 1], and the mean of its grey values, which contrast turns about.
 * An output pixel looks back into the square: its distance from the centre, turned by the angle.
 */
function writeRotated(
  pixels: Uint8Array,
  { size, crop }: ViewSettings,
  { rotation, flip, brightness }: Omit<Augmentation, 'contrast'>,
  out: Float32Array,
  offset: number,
): number {
  const angle = (rotation * Math.PI) / 180;
  const cosine = Math.cos(angle);
  const sine = Math.sin(angle);
  const centre = (size - 1) / 2;
  const first = centreOffset(size, crop) - centre;
  const read = reachesOutside(size, crop, cosine, sine) ? readPadded : readInside;
  const scale = brightness / 255;
  const pixel = new Float64Array(CHANNELS);
  let grey = 0;
  for (let y = 0; y < crop; y++) {
    const dy = first + y;
    let at = offset + (y * crop + (flip ? crop - 1 : 0)) * CHANNELS;
    const step = flip ? -CHANNELS : CHANNELS;
    for (let x = 0; x < crop; x++) {
      const dx = first + x;
      read(pixels, size, centre + cosine * dx - sine * dy, centre + sine * dx + cosine * dy, pixel);
      const red = clamp((pixel[0] ?? 0) * scale);
      const green = clamp((pixel[1] ?? 0) * scale);
      const blue = clamp((pixel[2] ?? 0) * scale);
      out[at] = red;
      out[at + 1] = green;
      out[at + 2] = blue;
      grey += GREY[0] * red + GREY[1] * green + GREY[2] * blue;
      at += step;
    }
  }
  return grey / (crop * crop);
}

/** Whether a turned crop has a corner that the square's pixels do not surround. */
function reachesOutside(size: number, crop: number, cosine: number, sine: number): boolean {
  const reach = (Math.abs(cosine) + Math.abs(sine)) * ((crop - 1) / 2 + 0.5);
  return reach >= (size - 1) / 2;
}

/** Bilinear sample at (x, y), 0 <= x, y < size - 1, as values in [0, 255]. */
function readInside(pixels: Uint8Array, size: number, x: number, y: number, pixel: Float64Array): void {
  const left = x | 0;
  const top = y | 0;
  const right = x - left;
  const down = y - top;
  const a = (top * size + left) * CHANNELS;
  const b = a + size * CHANNELS;
  const wa = (1 - right) * (1 - down);
  const wb = right * (1 - down);
  const wc = (1 - right) * down;
  const wd = right * down;
  for (let channel = 0; channel < CHANNELS; channel++) {
    pixel[channel] =
      wa * (pixels[a + channel] ?? 0) +
      wb * (pixels[a + CHANNELS + channel] ?? 0) +
      wc * (pixels[b + channel] ?? 0) +
      wd * (pixels[b + CHANNELS + channel] ?? 0);
  }
}

/** The same anywhere; pixels outside the square are black, as torchvision's default fill. */
function readPadded(pixels: Uint8Array, size: number, x: number, y: number, pixel: Float64Array): void {
  const left = Math.floor(x);
  const top = Math.floor(y);
  pixel.fill(0);
  for (let corner = 0; corner < 4; corner++) {
    const column = left + (corner & 1);
    const row = top + (corner >> 1);
    if (column < 0 || row < 0 || column >= size || row >= size) continue;
    const weight = (1 - Math.abs(x - column)) * (1 - Math.abs(y - row));
    const at = (row * size + column) * CHANNELS;
    for (let channel = 0; channel < CHANNELS; channel++) pixel[channel] = (pixel[channel] ?? 0) + weight * (pixels[at + channel] ?? 0);
  }
}

const clamp = (value: number): number => (value < 0 ? 0 : value > 1 ? 1 : value);

/** For each channel, what the 256 byte values become: a table look-up is a third of the arithmetic's time. */
function normalisedBytes({ mean, std }: ViewSettings): [Float32Array, Float32Array, Float32Array] {
  const table = (channel: number): Float32Array =>
    Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - (mean[channel] ?? 0)) / (std[channel] ?? 1));
  return [table(0), table(1), table(2)];
}
