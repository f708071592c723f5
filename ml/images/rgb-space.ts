/** A colour space of red, green and blue by its numbers, and the ICC profile that says the same (ICC.1:2022). */

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

type Vector = readonly [number, number, number];
type Matrix = readonly [Vector, Vector, Vector];

/** The white of every profile. */
const D50: Vector = [0.9642, 1, 0.8249];
/** Bradford's, of ICC.1:2022 annex E: from XYZ to the cones that adapt. */
const BRADFORD: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

/** XYZ of red, green and blue, adapted to D50, as a matrix profile holds them; null where the points span no colours. */
function colorantsOf({ white, red, green, blue }: Primaries): Matrix | null {
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

/** Points of a curve: those of PQ near black need many. */
const CURVE_POINTS = 4096;

/** An ICC profile of version 2 with a matrix and a curve. Null where the primaries span no colours. */
export function profileOf(name: string, { primaries, light }: RgbSpace): Buffer | null {
  const colorants = colorantsOf(primaries);
  if (colorants === null) return null;
  const curve = Buffer.alloc(12 + 2 * CURVE_POINTS);
  curve.write('curv', 0, 'latin1');
  curve.writeUInt32BE(CURVE_POINTS, 8);
  for (let point = 0; point < CURVE_POINTS; point++)
    curve.writeUInt16BE(Math.round(65535 * Math.min(1, Math.max(0, light(point / (CURVE_POINTS - 1))))), 12 + 2 * point);
  const [red, green, blue] = colorants.map(xyzTag) as [Buffer, Buffer, Buffer];
  const tags: readonly (readonly [string, Buffer])[] = [
    ['desc', descriptionTag(name)],
    ['wtpt', xyzTag(D50)],
    ['rXYZ', red],
    ['gXYZ', green],
    ['bXYZ', blue],
    ['rTRC', curve],
    ['gTRC', curve],
    ['bTRC', curve],
  ];
  return assembled(tags);
}

/** Type `XYZ `: three numbers with 16 bits behind the point. */
function xyzTag(values: Vector): Buffer {
  const tag = Buffer.alloc(20);
  tag.write('XYZ ', 0, 'latin1');
  values.forEach((value, axis) => tag.writeInt32BE(Math.round(value * 65536), 8 + 4 * axis));
  return tag;
}

/** Type `desc` of version 2: the name in ASCII, none in Unicode, none for old Macintoshes (67 bytes). */
function descriptionTag(name: string): Buffer {
  const head = Buffer.alloc(12);
  head.write('desc', 0, 'latin1');
  head.writeUInt32BE(name.length + 1, 8);
  return Buffer.concat([head, Buffer.from(`${name}\0`, 'latin1'), Buffer.alloc(8 + 3 + 67)]);
}

const HEADER_BYTES = 128;

function assembled(tags: readonly (readonly [string, Buffer])[]): Buffer {
  const head = Buffer.alloc(HEADER_BYTES + 4 + 12 * tags.length);
  head.writeUInt32BE(0x02400000, 8);
  head.write('mntrRGB XYZ ', 12, 'latin1');
  head.write('acsp', 36, 'latin1');
  xyzTag(D50).copy(head, 68, 8);
  head.writeUInt32BE(tags.length, HEADER_BYTES);
  const parts: Buffer[] = [];
  const places = new Map<Buffer, number>();
  let end = head.length;
  tags.forEach(([type, data], index) => {
    const at = places.get(data) ?? end;
    if (at === end) {
      // Tags begin at multiples of 4.
      parts.push(data, Buffer.alloc((4 - (data.length % 4)) % 4));
      places.set(data, at);
      end += Math.ceil(data.length / 4) * 4;
    }
    const entry = HEADER_BYTES + 4 + 12 * index;
    head.write(type, entry, 'latin1');
    head.writeUInt32BE(at, entry + 4);
    head.writeUInt32BE(data.length, entry + 8);
  });
  head.writeUInt32BE(end, 0);
  return Buffer.concat([head, ...parts]);
}
