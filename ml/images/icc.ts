/** What a photo's ICC profile says, as far as the question "is this sRGB?" needs it (ICC.1:2022; IEC 61966-2-1). */
import { isSrgb, isSrgbLight, type Matrix } from './rgb-space.js';

export interface IccProfile {
  /** The profile's own description, `unnamed profile` where it has none that can be read. */
  readonly name: string;
  /** Whether it says sRGB's colours; of a profile for grey: sRGB's curve. */
  readonly srgb: boolean;
  /** What it converts, in four letters: `RGB `, `GRAY`, `CMYK`. */
  readonly space: string;
}

const CURVES = ['rTRC', 'gTRC', 'bTRC'] as const;
const COLORANTS = ['rXYZ', 'gXYZ', 'bXYZ'] as const;

/** Reads a profile's bytes. A profile that cannot be read counts as not sRGB. */
export function readIcc(bytes: Buffer): IccProfile {
  try {
    const tags = tagTable(bytes);
    const space = bytes.toString('latin1', 16, 20);
    const srgb = IS_SRGB[space]?.(tags) ?? false;
    return { name: description(tags.get('desc')) ?? 'unnamed profile', srgb, space };
  } catch (error) {
    if (error instanceof RangeError) return { name: 'broken profile', srgb: false, space: '' };
    throw error;
  }
}

type Tags = ReadonlyMap<string, Buffer>;

/** By what the profile converts. Grey has no primaries. */
const IS_SRGB: Readonly<Record<string, (tags: Tags) => boolean>> = {
  'RGB ': (tags) => CURVES.every((tag) => isSrgb(colorantsIn(tags), curveIn(tags, tag))),
  GRAY: (tags) => isSrgbLight(curveIn(tags, 'kTRC')),
};

function tagTable(bytes: Buffer): Map<string, Buffer> {
  const tags = new Map<string, Buffer>();
  const count = bytes.readUInt32BE(128);
  for (let entry = 132; entry < 132 + 12 * count; entry += 12) {
    const offset = bytes.readUInt32BE(entry + 4);
    tags.set(bytes.toString('latin1', entry, entry + 4), bytes.subarray(offset, offset + bytes.readUInt32BE(entry + 8)));
  }
  return tags;
}

const fixed = (bytes: Buffer, offset: number): number => bytes.readInt32BE(offset) / 65536;

/** Null where one is missing. */
function colorantsIn(tags: Tags): Matrix | null {
  const all = COLORANTS.flatMap((tag) => tags.get(tag) ?? []).map((tag) => [fixed(tag, 8), fixed(tag, 12), fixed(tag, 16)] as const);
  return all.length === COLORANTS.length ? (all as unknown as Matrix) : null;
}

/** Not a number where the profile has no such curve. */
function curveIn(tags: Tags, name: string): (value: number) => number {
  const tag = tags.get(name);
  return (tag === undefined ? null : toneCurve(tag)) ?? (() => NaN);
}

function toneCurve(tag: Buffer): ((value: number) => number) | null {
  const type = tag.toString('latin1', 0, 4);
  if (type === 'curv') return sampledCurve(tag);
  return type === 'para' ? parametricCurve(tag) : null;
}

function sampledCurve(tag: Buffer): (value: number) => number {
  const count = tag.readUInt32BE(8);
  if (count === 0) return (value) => value;
  if (count === 1) return (value) => value ** (tag.readUInt16BE(12) / 256);
  const sample = (index: number): number => tag.readUInt16BE(12 + 2 * index) / 65535;
  return (value) => {
    const position = value * (count - 1);
    const below = Math.min(Math.floor(position), count - 2);
    return sample(below) + (sample(below + 1) - sample(below)) * (position - below);
  };
}

/** Function types 0 to 4 of ICC.1 table 68, all written as type 4: (a x + b)^g + e above d, c x + f below. */
const PARAMETRIC: readonly ((p: readonly number[]) => readonly number[])[] = [
  ([g = 1]) => [g, 1, 0, 0, 0, 0, 0],
  ([g = 1, a = 1, b = 0]) => [g, a, b, 0, -b / a, 0, 0],
  ([g = 1, a = 1, b = 0, c = 0]) => [g, a, b, 0, -b / a, c, c],
  ([g = 1, a = 1, b = 0, c = 0, d = 0]) => [g, a, b, c, d, 0, 0],
  (p) => p,
];
const PARAMETERS = [1, 3, 4, 5, 7] as const;

function parametricCurve(tag: Buffer): ((value: number) => number) | null {
  const type = tag.readUInt16BE(8);
  const normalise = PARAMETRIC[type];
  const count = PARAMETERS[type];
  if (normalise === undefined || count === undefined) return null;
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = normalise(
    Array.from({ length: count }, (_, index) => fixed(tag, 12 + 4 * index)),
  );
  return (value) => (value >= d ? (a * value + b) ** g + e : c * value + f);
}

/** Text of a `desc` tag (version 2) or of the first record of an `mluc` one (version 4). */
function description(tag: Buffer | undefined): string | undefined {
  if (tag === undefined) return undefined;
  const type = tag.toString('latin1', 0, 4);
  const text =
    type === 'desc'
      ? tag.toString('latin1', 12, 12 + tag.readUInt32BE(8))
      : type === 'mluc'
        ? Buffer.from(tag.subarray(tag.readUInt32BE(24), tag.readUInt32BE(24) + (tag.readUInt32BE(20) & ~1)))
            .swap16()
            .toString('utf16le')
        : '';
  const readable = text.replaceAll('\0', '').trim();
  return readable === '' ? undefined : readable;
}
