/** Colour spaces of red, green and blue by their numbers. The page in the browser needs them too, so that nothing here is of Node. */

/** CIE 1931 chromaticity. */
export type Point = readonly [x: number, y: number];

export interface Primaries {
  readonly white: Point;
  readonly red: Point;
  readonly green: Point;
  readonly blue: Point;
}

export interface RgbSpace {
  readonly primaries: Primaries;
  /** From the encoded value to light, both in [0, 1]. */
  readonly light: (value: number) => number;
}

const D65: Point = [0.3127, 0.329];
export const SRGB_PRIMARIES: Primaries = { white: D65, red: [0.64, 0.33], green: [0.3, 0.6], blue: [0.15, 0.06] };
export const ADOBE_RGB: RgbSpace = {
  primaries: { white: D65, red: [0.64, 0.33], green: [0.21, 0.71], blue: [0.15, 0.06] },
  light: (value) => value ** (563 / 256),
};

/** IEC 61966-2-1. */
export function srgbLight(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

export type Vector = readonly [number, number, number];
export type Matrix = readonly [Vector, Vector, Vector];

/** The white of every profile. */
export const D50: Vector = [0.9642, 1, 0.8249];
/** Bradford's, of ICC.1:2022 annex E: from XYZ to the cones that adapt. */
const BRADFORD: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

/** XYZ of red, green and blue, adapted to D50, as a matrix profile holds them; null where the points span no colours. */
export function colorantsOf({ white, red, green, blue }: Primaries): Matrix | null {
  const columns = transposed([red, green, blue].map(xyzOf) as unknown as Matrix);
  const inverse = inverted(columns);
  const back = inverted(BRADFORD);
  if (inverse === null || back === null || white[1] <= 0) return null;
  const whiteXyz = xyzOf(white);
  const scale = times(inverse, whiteXyz);
  const [from, to] = [times(BRADFORD, whiteXyz), times(BRADFORD, D50)];
  const adapted = (colour: Vector): Vector => {
    const cones = times(BRADFORD, colour);
    return times(back, cones.map((cone, at) => (cone * (to[at] ?? NaN)) / (from[at] ?? NaN)) as unknown as Vector);
  };
  const colorants = transposed(columns).map((colour, at) =>
    adapted(colour.map((value) => value * (scale[at] ?? NaN)) as unknown as Vector),
  );
  return colorants.flat().every((value) => Math.abs(value) < MOST_COLORANT) ? (colorants as unknown as Matrix) : null;
}

/** Of what a profile can hold, the part that colours need. */
const MOST_COLORANT = 16;

/** Of luminance 1; infinite for a point without luminance. */
const xyzOf = ([x, y]: Point): Vector => [x / y, 1, (1 - x - y) / y];

const times = (matrix: Matrix, [a, b, c]: Vector): Vector => matrix.map(([x, y, z]) => x * a + y * b + z * c) as unknown as Vector;

const transposed = ([a, b, c]: Matrix): Matrix => [
  [a[0], b[0], c[0]],
  [a[1], b[1], c[1]],
  [a[2], b[2], c[2]],
];

/** By cofactors; null where there is no inverse. */
function inverted([a, b, c]: Matrix): Matrix | null {
  const cross = (u: Vector, v: Vector): Vector => [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
  const rows = [cross(b, c), cross(c, a), cross(a, b)] as const;
  const determinant = a[0] * rows[0][0] + a[1] * rows[0][1] + a[2] * rows[0][2];
  if (!Number.isFinite(determinant) || Math.abs(determinant) < 1e-9) return null;
  return transposed(rows.map((row) => row.map((value) => value / determinant)) as unknown as Matrix);
}

/** Makers round; Display P3 and Adobe RGB are off by 0.08 and more. */
const COLORANT_TOLERANCE = 0.01;
/** Profiles of a few bytes hold the curve in 20 points or as a plain 2.2 power: both stay within this. */
const CURVE_TOLERANCE = 0.02;
const CURVE_POINTS = [0.1, 0.25, 0.5, 0.75, 0.9] as const;

/** @param colorants of red, green and blue, adapted to D50 */
export function isSrgb(colorants: Matrix | null, light: RgbSpace['light']): boolean {
  const right = colorantsOf(SRGB_PRIMARIES);
  const near = colorants?.every((colour, at) =>
    colour.every((value, axis) => Math.abs(value - (right?.[at]?.[axis] ?? NaN)) < COLORANT_TOLERANCE),
  );
  return near === true && isSrgbLight(light);
}

export function isSrgbLight(light: RgbSpace['light']): boolean {
  return CURVE_POINTS.every((point) => Math.abs(light(point) - srgbLight(point)) < CURVE_TOLERANCE);
}

const STEPS = 65535;

/** What turns pixels of 4 bytes, the last of which stays, from the space into sRGB, in place. Null where the primaries span no colours. */
export function toSrgb({ primaries, light }: RgbSpace): ((rgba: Uint8ClampedArray) => void) | null {
  const [from, to] = [colorantsOf(primaries), colorantsOf(SRGB_PRIMARIES)];
  const back = to === null ? null : inverted(transposed(to));
  if (from === null || back === null) return null;
  // Row by row: how much of each channel's light goes into one of sRGB's.
  const [red, green, blue] = transposed(from.map((colour) => times(back, colour)) as unknown as Matrix);
  const lights = Float64Array.from({ length: 256 }, (_, level) => Math.min(1, Math.max(0, light(level / 255))));
  const levels = Uint8Array.from({ length: STEPS + 1 }, (_, step) => Math.round(255 * srgbLevel(step / STEPS)));
  const level = ([x, y, z]: Vector, r: number, g: number, b: number): number =>
    levels[Math.round(STEPS * Math.min(1, Math.max(0, x * r + y * g + z * b)))] as number;
  return (rgba) => {
    for (let at = 0; at < rgba.length; at += 4) {
      const [r, g, b] = [lights[rgba[at] as number], lights[rgba[at + 1] as number], lights[rgba[at + 2] as number]] as [
        number,
        number,
        number,
      ];
      rgba[at] = level(red, r, g, b);
      rgba[at + 1] = level(green, r, g, b);
      rgba[at + 2] = level(blue, r, g, b);
    }
  };
}

/** IEC 61966-2-1: from light to the encoded value. */
function srgbLevel(light: number): number {
  return light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
}
