/** Colours by the numbers of ITU-T H.273, as PNG's cICP and AVIF's nclx give them. */
import { SRGB_PRIMARIES, srgbLight, type Point, type Primaries, type RgbSpace } from './rgb-space.js';

export interface Cicp {
  readonly primaries: number;
  readonly transfer: number;
  /** RGB of 8 bits from 16 to 235 instead of 0 to 255: "narrow range". Of YCbCr the decoder undoes it. */
  readonly narrow: boolean;
}

const D65: Point = [0.3127, 0.329];
const ILLUMINANT_C: Point = [0.31, 0.316];
const SMPTE_C: Primaries = { white: D65, red: [0.63, 0.34], green: [0.31, 0.595], blue: [0.155, 0.07] };

/** H.273, table 2. Not there: what has no colours of its own (2) and what is reserved. */
const PRIMARIES: Readonly<Record<number, readonly [name: string, Primaries]>> = {
  1: ['BT.709', SRGB_PRIMARIES],
  4: ['BT.470 M', { white: ILLUMINANT_C, red: [0.67, 0.33], green: [0.21, 0.71], blue: [0.14, 0.08] }],
  5: ['BT.470 BG', { white: D65, red: [0.64, 0.33], green: [0.29, 0.6], blue: [0.15, 0.06] }],
  6: ['BT.601', SMPTE_C],
  7: ['SMPTE 240M', SMPTE_C],
  8: ['film', { white: ILLUMINANT_C, red: [0.681, 0.319], green: [0.243, 0.692], blue: [0.145, 0.049] }],
  9: ['BT.2020', { white: D65, red: [0.708, 0.292], green: [0.17, 0.797], blue: [0.131, 0.046] }],
  11: ['DCI-P3', { white: [0.314, 0.351], red: [0.68, 0.32], green: [0.265, 0.69], blue: [0.15, 0.06] }],
  12: ['Display P3', { white: D65, red: [0.68, 0.32], green: [0.265, 0.69], blue: [0.15, 0.06] }],
  22: ['EBU 3213', { white: D65, red: [0.63, 0.34], green: [0.295, 0.605], blue: [0.155, 0.077] }],
};

/** In cd/m²: the white of a sheet of paper in HDR (ITU-R BT.2408). What is brighter becomes white. */
const REFERENCE_WHITE = 203;

/** SMPTE ST 2084. */
function pq(value: number): number {
  const [m1, m2, c1, c2, c3] = [2610 / 16384, (2523 / 4096) * 128, 3424 / 4096, (2413 / 4096) * 32, (2392 / 4096) * 32];
  const power = value ** (1 / m2);
  return ((10_000 / REFERENCE_WHITE) * Math.max(0, power - c1) ** (1 / m1)) / (c2 - c3 * power) ** (1 / m1);
}

/** ITU-R BT.2100 on a screen of 1,000 cd/m²; its gamma of 1.2, which belongs to the luminance, is taken of each channel. */
function hlg(value: number): number {
  const [a, b, c] = [0.17883277, 0.28466892, 0.55991073];
  const scene = value <= 0.5 ? value ** 2 / 3 : (Math.exp((value - c) / a) + b) / 12;
  return (1_000 / REFERENCE_WHITE) * scene ** 1.2;
}

/** What video for SDR is looked at with (ITU-R BT.1886). */
const video = (value: number): number => value ** 2.4;

/** H.273, table 3. Not there: logarithms (9, 10), curves that need values below 0 (11, 12), and what is reserved. */
const TRANSFERS: Readonly<Record<number, readonly [name: string, (value: number) => number]>> = {
  1: ['BT.709', video],
  4: ['gamma 2.2', (value) => value ** 2.2],
  5: ['gamma 2.8', (value) => value ** 2.8],
  6: ['BT.601', video],
  8: ['linear', (value) => value],
  13: ['sRGB', srgbLight],
  14: ['BT.2020', video],
  15: ['BT.2020', video],
  16: ['PQ', pq],
  18: ['HLG', hlg],
};

/** In which the writer leaves the colours to others. */
const UNSPECIFIED = 2;

export interface NumberedSpace {
  readonly name: string;
  /** Null for numbers that nothing is converted by. */
  readonly space: RgbSpace | null;
}

/** Null where both numbers leave it open; where one does, sRGB's stands in its place. */
export function spaceOfNumbers({ primaries, transfer, narrow }: Cicp): NumberedSpace | null {
  if (primaries === UNSPECIFIED && transfer === UNSPECIFIED && !narrow) return null;
  const [gamut, points] = PRIMARIES[primaries === UNSPECIFIED ? 1 : primaries] ?? [];
  const [curve, light] = TRANSFERS[transfer === UNSPECIFIED ? 13 : transfer] ?? [];
  const words = [gamut ?? 'unknown primaries', curve ?? 'unknown curve', ...(narrow ? ['narrow range'] : [])].join(', ');
  const name = `${primaries}/${transfer} (${words})`;
  if (points === undefined || light === undefined) return { name, space: null };
  const full = narrow ? (value: number): number => light(Math.min(1, Math.max(0, (255 * value - 16) / 219))) : light;
  return { name, space: { primaries: points, light: full } };
}
