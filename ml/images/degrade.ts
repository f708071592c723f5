/**
 * Ways to make a photo worse, as a table: what `emo-aen sample` does to a good crop. Each draws its strength from a range that a person sees at
 * once at 256 px, and says what it did.
 */
import sharp, { type Sharp } from 'sharp';
import type { DegradationKind } from '../../configs/schema/sample.js';
import type { Draws } from '../random/philox.js';
import type { Pixels } from './decode.js';
import { centreOffset } from './geometry.js';

export interface Degraded {
  readonly pixels: Pixels;
  /** What was drawn, in the unit that the table's comment names. */
  readonly parameters: Readonly<Record<string, number>>;
}

type Degrade = (good: Pixels, draws: Draws) => Promise<Degraded>;

const MIDDLE = 128;
const WHITE = 255;

export const DEGRADE: Readonly<Record<DegradationKind, Degrade>> = {
  /** Gaussian blur; sigma in pixels. */
  blur: async (good, draws) => {
    const sigma = draws.between(1.5, 3);
    return { pixels: await through(good, (image) => image.blur(sigma)), parameters: { sigma } };
  },
  /** Gaussian noise of each channel; sigma in steps of 255. */
  noise: async (good, draws) => {
    const sigma = draws.between(35, 60);
    return { pixels: mapped(good, (value) => value + sigma * normal(draws)), parameters: { sigma } };
  },
  /** A print in the sun: contrast shrinks towards a light grey, colours towards grey; both factors of what remains. */
  fading: async (good, draws) => {
    const contrast = draws.between(0.4, 0.6);
    const saturation = draws.between(0.3, 0.6);
    const pale = await through(good, (image) => image.modulate({ saturation }));
    const lightGrey = 170;
    return { pixels: mapped(pale, (value) => lightGrey + contrast * (value - lightGrey)), parameters: { contrast, saturation } };
  },
  /** Underexposed, in stops. */
  dark: async (good, draws) => {
    const stops = draws.between(1.2, 2.2);
    return { pixels: mapped(good, exposed(-stops)), parameters: { stops: -stops } };
  },
  /** Overexposed until light parts are lost, in stops. */
  bright: async (good, draws) => {
    const stops = draws.between(1, 1.8);
    return { pixels: mapped(good, exposed(stops)), parameters: { stops } };
  },
  /** JPEG's blocks; libjpeg's quality. */
  jpeg: async (good, draws) => {
    const quality = 4 + draws.below(8);
    const bytes = await image(good).jpeg({ quality, chromaSubsampling: '4:2:0' }).toBuffer();
    return { pixels: await pixelsOf(sharp(bytes)), parameters: { quality } };
  },
  /** A tilted horizon, in degrees; the largest upright square of the turned crop, at the crop's size. */
  tilt: async (good, draws) => {
    const degrees = draws.between(6, 12) * (draws.uniform() < 0.5 ? -1 : 1);
    return { pixels: await tilted(good, degrees), parameters: { degrees } };
  },
  /** A colour cast: factors of red and blue. */
  cast: async (good, draws) => {
    const warm = draws.uniform() < 0.5;
    const strong = draws.between(1.25, 1.5);
    const weak = draws.between(0.5, 0.7);
    const [red, blue] = warm ? [strong, weak] : [weak, strong];
    return { pixels: mapped(good, (value, channel) => value * ([red, 1, blue][channel] ?? 1)), parameters: { red, blue } };
  },
};

function image({ data, width, height }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

async function pixelsOf(pipeline: Sharp): Promise<Pixels> {
  const { data, info } = await pipeline.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

function through(good: Pixels, change: (image: Sharp) => Sharp): Promise<Pixels> {
  return pixelsOf(change(image(good)));
}

/** Each value by a function of value and channel, rounded and clamped to [0, 255]. */
function mapped({ data, width, height }: Pixels, change: (value: number, channel: number) => number): Pixels {
  const out = Buffer.allocUnsafe(data.length);
  for (let at = 0; at < data.length; at++) out[at] = Math.max(0, Math.min(WHITE, Math.round(change(data[at] ?? MIDDLE, at % 3))));
  return { data: out, width, height };
}

/** Light times 2^stops, with 2.2 for the encoding's curve. */
function exposed(stops: number): (value: number) => number {
  const factor = 2 ** (stops / 2.2);
  return (value) => value * factor;
}

/** A standard normal number (Box and Muller). */
function normal(draws: Draws): number {
  return Math.sqrt(-2 * Math.log(1 - draws.uniform())) * Math.cos(2 * Math.PI * draws.uniform());
}

async function tilted(good: Pixels, degrees: number): Promise<Pixels> {
  const turned = await through(good, (source) => source.rotate(degrees, { background: 'black' }));
  const angle = (Math.abs(degrees) * Math.PI) / 180;
  const side = Math.floor(Math.min(good.width, good.height) / (Math.cos(angle) + Math.sin(angle)));
  const inside = { left: centreOffset(turned.width, side), top: centreOffset(turned.height, side), width: side, height: side };
  return through(turned, (source) => source.extract(inside).resize(good.width, good.height, { fit: 'fill' }));
}
