/**
 * What in a photo says what its numbers mean, in the order of its format's standard:
 *
 * - PNG (third edition, 4.3): cICP before iCCP before sRGB before gAMA with cHRM. EXIF in a PNG is history (11.3.4.6) and says nothing.
 * - HEIF and AVIF (ISO/IEC 23008-12, 6.5.5): the ICC profile, which is for showing the picture, before the numbers of nclx.
 * - JPEG and TIFF: the ICC profile before EXIF's ColorSpace (Exif 3.0, 4.6.6.5; DCF 2.0 for Adobe RGB).
 * - WebP and all others: the ICC profile.
 *
 * What says nothing is sRGB by convention. The page in the browser asks here too: nothing here is of Node.
 */
import { spaceOfNumbers, type Cicp } from './cicp.js';
import { readExifColour } from './exif-colour.js';
import { heifColour } from './heif-colour.js';
import { pngChunks } from './png-chunks.js';
import { ADOBE_RGB, colorantsOf, isSrgb, SRGB_PRIMARIES, srgbLight, type Point, type Primaries, type RgbSpace } from './rgb-space.js';

/** `profile`: the ICC profile in the photo. `space`: colours by numbers, null where nothing is known to convert them by. */
export type ColourMark =
  | { readonly kind: 'profile' }
  | { readonly kind: 'space'; readonly name: string; readonly space: RgbSpace | null }
  | { readonly kind: 'unnamed' };

/** What decoders find in a photo. */
export interface Carried {
  readonly format: string;
  readonly hasProfile: boolean;
  /** The EXIF block. Null: the photo has none; a TIFF has its own directories. */
  readonly exif: Uint8Array | null;
}

type Source = (bytes: Uint8Array, carried: Carried) => ColourMark | null;

const profile: Source = (_, { hasProfile }) => (hasProfile ? { kind: 'profile' } : null);

const ORDERS: Readonly<Record<string, readonly Source[]>> = {
  png: [cicpOfPng, profile, srgbOfPng, gammaOfPng],
  heif: [profile, colourOfHeif],
  heic: [profile, colourOfHeif],
  jpeg: [profile, exifColour],
  tiff: [profile, exifColour],
};

/** The first that says it; null where nothing does. */
export function colourMark(bytes: Uint8Array, carried: Carried): ColourMark | null {
  for (const source of ORDERS[carried.format] ?? [profile]) {
    const mark = source(bytes, carried);
    if (mark !== null) return mark;
  }
  return null;
}

/** Whether colours by numbers are those of sRGB. */
export function isSrgbSpace({ primaries, light }: RgbSpace): boolean {
  return isSrgb(colorantsOf(primaries), light);
}

function numbered(cicp: Cicp | null): ColourMark | null {
  const found = cicp === null ? null : spaceOfNumbers(cicp);
  return found === null ? null : { kind: 'space', name: `the colour numbers ${found.name}`, space: found.space };
}

function colourOfHeif(bytes: Uint8Array): ColourMark | null {
  return numbered(heifColour(bytes).nclx);
}

/** The first of each type, of those that count: colours stand before the picture. */
export function headOfPng(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const head = new Map<string, Uint8Array>();
  for (const { type, data } of pngChunks(bytes)) {
    if (type === 'IDAT') break;
    if (!head.has(type)) head.set(type, data);
  }
  return head;
}

/** Primaries, transfer, matrix (always 0: RGB), 1 for full range. */
function cicpOfPng(bytes: Uint8Array): ColourMark | null {
  const data = headOfPng(bytes).get('cICP');
  if (data?.length !== 4) return null;
  const [primaries = 0, transfer = 0, matrix, full] = data;
  return matrix === 0 ? numbered({ primaries, transfer, narrow: full === 0 }) : null;
}

function srgbOfPng(bytes: Uint8Array): ColourMark | null {
  const space = { primaries: SRGB_PRIMARIES, light: srgbLight };
  return headOfPng(bytes).has('sRGB') ? { kind: 'space', name: 'the mark of sRGB', space } : null;
}

/** Both chunks hold whole numbers: 100,000 stands for 1. */
const UNIT = 100_000;

function numbersIn(data: Uint8Array | undefined, count: number): readonly number[] | null {
  if (data?.length !== 4 * count) return null;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return Array.from({ length: count }, (_, at) => view.getUint32(4 * at) / UNIT);
}

function gammaOfPng(bytes: Uint8Array): ColourMark | null {
  const head = headOfPng(bytes);
  const [exponent = 0] = numbersIn(head.get('gAMA'), 1) ?? [];
  const primaries = primariesIn(numbersIn(head.get('cHRM'), 8));
  const gamma = exponent > 0 ? [`a gamma of 1/${(1 / exponent).toFixed(2)} (gAMA)`] : [];
  const names = [...gamma, ...(primaries === null ? [] : ['primaries (cHRM)'])];
  if (names.length === 0) return null;
  const light = exponent > 0 ? (value: number): number => value ** (1 / exponent) : srgbLight;
  return { kind: 'space', name: names.join(' and '), space: { primaries: primaries ?? SRGB_PRIMARIES, light } };
}

/** Decoders pass over what spans no colours. */
function primariesIn(numbers: readonly number[] | null): Primaries | null {
  if (numbers === null) return null;
  const point = (at: number): Point => [numbers[at] ?? NaN, numbers[at + 1] ?? NaN];
  const primaries = { white: point(0), red: point(2), green: point(4), blue: point(6) };
  return colorantsOf(primaries) === null ? null : primaries;
}

function exifColour(bytes: Uint8Array, { format, exif }: Carried): ColourMark | null {
  switch (readExifColour(exif ?? (format === 'tiff' ? bytes : new Uint8Array()))) {
    case 'adobe':
      return { kind: 'space', name: 'the colour space Adobe RGB (EXIF)', space: ADOBE_RGB };
    case 'other':
      return { kind: 'unnamed' };
    case null:
      return null;
  }
}
