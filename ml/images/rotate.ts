/** The geometric part of augmentation: rotation about the centre, flip and crop, sampled once, with brightness on the way. */
import { centreOffset } from './geometry.js';

const CHANNELS = 3;
/** ITU-R BT.601 weights as torchvision's rgb_to_grayscale has them. */
const RED = 0.2989;
const GREEN = 0.587;
const BLUE = 0.114;

/** The side of the cached square and of the crop out of its middle, in pixels. */
interface Sides {
  readonly size: number;
  readonly crop: number;
}

/** `degrees` counter-clockwise about the centre; `brightness` is a factor. */
export interface Rotation {
  readonly degrees: number;
  readonly flip: boolean;
  readonly brightness: number;
}

/**
 * Writes the turned, flipped and brightened centre crop of `pixels` (size x size x 3 bytes) as crop x crop x 3 values in [0, 1] to `out`
 * from `offset`, and returns the mean of its grey values, which contrast turns about.
 */
export function writeRotated(pixels: Uint8Array, sides: Sides, rotation: Rotation, out: Float32Array, offset: number): number {
  const turn = turnOf(sides, rotation.degrees);
  const write = reachesOutside(sides, turn) ? writePadded : writeInside;
  return write(pixels, sides, turn, { flip: rotation.flip, scale: rotation.brightness / 255 }, out, offset);
}

/** Where an output pixel looks: `centre + turn * (first + x, first + y)`, its distance from the centre turned by the angle. */
interface Turn {
  readonly cosine: number;
  readonly sine: number;
  readonly centre: number;
  readonly first: number;
}

function turnOf({ size, crop }: Sides, degrees: number): Turn {
  const angle = (degrees * Math.PI) / 180;
  const centre = (size - 1) / 2;
  return { cosine: Math.cos(angle), sine: Math.sin(angle), centre, first: centreOffset(size, crop) - centre };
}

/** Whether a turned crop has a corner that the square's pixels do not surround. */
function reachesOutside({ size, crop }: Sides, { cosine, sine }: Turn): boolean {
  return (Math.abs(cosine) + Math.abs(sine)) * (crop / 2) >= (size - 1) / 2;
}

interface Brightened {
  readonly flip: boolean;
  /** Brightness over 255. */
  readonly scale: number;
}

/**
 * Bilinear; every sample lies inside the square. Written out by hand: this loop is most of the input path's time, and arrays of
 * weights or a function per sample made it three times as slow.
 */
function writeInside(
  pixels: Uint8Array,
  { size, crop }: Sides,
  { cosine, sine, centre, first }: Turn,
  { flip, scale }: Brightened,
  out: Float32Array,
  offset: number,
): number {
  const below = size * CHANNELS;
  const step = flip ? -CHANNELS : CHANNELS;
  let grey = 0;
  for (let y = 0; y < crop; y++) {
    let sourceX = centre + cosine * first - sine * (first + y);
    let sourceY = centre + sine * first + cosine * (first + y);
    let at = offset + (y * crop + (flip ? crop - 1 : 0)) * CHANNELS;
    for (let x = 0; x < crop; x++) {
      const left = sourceX | 0;
      const top = sourceY | 0;
      const right = sourceX - left;
      const down = (sourceY - top) * scale;
      const up = scale - down;
      const a = (top * size + left) * CHANNELS;
      const c = a + below;
      const upLeft = up - up * right;
      const upRight = up * right;
      const downLeft = down - down * right;
      const downRight = down * right;
      const red = clamp(
        upLeft * (pixels[a] as number) +
          upRight * (pixels[a + 3] as number) +
          downLeft * (pixels[c] as number) +
          downRight * (pixels[c + 3] as number),
      );
      const green = clamp(
        upLeft * (pixels[a + 1] as number) +
          upRight * (pixels[a + 4] as number) +
          downLeft * (pixels[c + 1] as number) +
          downRight * (pixels[c + 4] as number),
      );
      const blue = clamp(
        upLeft * (pixels[a + 2] as number) +
          upRight * (pixels[a + 5] as number) +
          downLeft * (pixels[c + 2] as number) +
          downRight * (pixels[c + 5] as number),
      );
      out[at] = red;
      out[at + 1] = green;
      out[at + 2] = blue;
      grey += RED * red + GREEN * green + BLUE * blue;
      at += step;
      sourceX += cosine;
      sourceY += sine;
    }
  }
  return grey / (crop * crop);
}

/** The same for any angle, plainly: what lies outside the square is black, as torchvision's default fill. */
function writePadded(
  pixels: Uint8Array,
  { size, crop }: Sides,
  { cosine, sine, centre, first }: Turn,
  { flip, scale }: Brightened,
  out: Float32Array,
  offset: number,
): number {
  const sum = new Float64Array(CHANNELS);
  for (let y = 0; y < crop; y++) {
    for (let x = 0; x < crop; x++) {
      const sourceX = centre + cosine * (first + x) - sine * (first + y);
      const sourceY = centre + sine * (first + x) + cosine * (first + y);
      const at = offset + (y * crop + (flip ? crop - 1 - x : x)) * CHANNELS;
      for (let channel = 0; channel < CHANNELS; channel++) {
        const value = clamp(scale * paddedSample(pixels, size, sourceX, sourceY, channel));
        out[at + channel] = value;
        sum[channel] = (sum[channel] ?? 0) + value;
      }
    }
  }
  return (RED * (sum[0] ?? 0) + GREEN * (sum[1] ?? 0) + BLUE * (sum[2] ?? 0)) / (crop * crop);
}

function paddedSample(pixels: Uint8Array, size: number, x: number, y: number, channel: number): number {
  let value = 0;
  for (let corner = 0; corner < 4; corner++) {
    const column = Math.floor(x) + (corner & 1);
    const row = Math.floor(y) + (corner >> 1);
    if (column < 0 || row < 0 || column >= size || row >= size) continue;
    value += (1 - Math.abs(x - column)) * (1 - Math.abs(y - row)) * (pixels[(row * size + column) * CHANNELS + channel] ?? 0);
  }
  return value;
}

export const clamp = (value: number): number => (value < 0 ? 0 : value > 1 ? 1 : value);
