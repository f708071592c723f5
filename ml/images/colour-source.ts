/**
 * "Is this sRGB?", asked of everything in a photo that says what its numbers mean, in the order of its format's standard:
 *
 * - PNG (third edition, 4.3): cICP before iCCP before sRGB before gAMA with cHRM. EXIF in a PNG is history (11.3.4.6) and says nothing.
 * - HEIF and AVIF (ISO/IEC 23008-12, 6.5.5): the ICC profile, which is for showing the picture, before the numbers of nclx.
 * - JPEG and TIFF: the ICC profile before EXIF's ColorSpace (Exif 3.0, 4.6.6.5; DCF 2.0 for Adobe RGB).
 * - WebP and all others: the ICC profile.
 *
 * What says nothing is sRGB by convention.
 */
import { spaceOfNumbers, type Cicp } from './cicp.js';
import { readExifColour } from './exif.js';
import { nclxOf } from './heif-colour.js';
import { readIcc } from './icc.js';
import { pngChunks } from './png-chunks.js';
import { ADOBE_RGB, profileOf, SRGB_PRIMARIES, srgbLight, type Point, type RgbSpace } from './rgb-space.js';

export interface Colour {
  /** What the photo carries, as part of a sentence: `the colour profile "Display P3"`. */
  readonly name: string;
  /** Whether the photo's numbers are sRGB's. */
  readonly srgb: boolean;
  /** ICC profile that converts them; null where there is none. */
  readonly profile: Buffer | null;
  /** Whether the photo holds the profile, so that decoders find it. The others are made here. */
  readonly embedded: boolean;
  /** What a person should know, where the photo contradicts itself; null where it does not. */
  readonly doubt: string | null;
}

export interface Marked {
  readonly format: string;
  /** sharp's name of the encoding: `srgb`, `b-w`, `cmyk`, `rgb16`, `grey16`. */
  readonly space: string;
  readonly icc: Buffer | null;
  readonly exif: Buffer | null;
}

type Source = (bytes: Buffer, marked: Marked) => Colour | null;

const ORDERS: Readonly<Record<string, readonly Source[]>> = {
  png: [cicpOfPng, profileInFile, srgbOfPng, gammaOfPng],
  heif: [profileInFile, nclxOfHeif],
  jpeg: [profileInFile, exifColour],
  tiff: [profileInFile, exifColour],
};

/** Null where nothing says it. */
export function colourOf(bytes: Buffer, marked: Marked): Colour | null {
  // Only a profile says what inks look like.
  const sources = marked.space === 'cmyk' ? [profileInFile] : (ORDERS[marked.format] ?? [profileInFile]);
  for (const source of sources) {
    const colour = source(bytes, marked);
    if (colour !== null) return colour;
  }
  return null;
}

/** The spaces of profiles that belong to photos of a space. A grey photo may carry the profile of what it was made from. */
const FITTING: Readonly<Record<string, readonly string[]>> = {
  srgb: ['RGB '],
  rgb16: ['RGB '],
  'b-w': ['GRAY', 'RGB '],
  grey16: ['GRAY', 'RGB '],
};

function profileInFile(_: Buffer, { icc, space }: Marked): Colour | null {
  if (icc === null) return null;
  const { name, srgb, space: of } = readIcc(icc);
  const fits = FITTING[space]?.includes(of) ?? false;
  return { name: `the colour profile "${name}"`, srgb: srgb && fits, profile: icc, embedded: true, doubt: null };
}

/** @param space null: nothing is known to convert by */
function made(name: string, space: RgbSpace | null): Colour {
  const profile = space === null ? null : profileOf(name, space);
  return { name, srgb: profile !== null && readIcc(profile).srgb, profile, embedded: false, doubt: null };
}

function numbered(cicp: Cicp | null): Colour | null {
  const found = cicp === null ? null : spaceOfNumbers(cicp);
  return found === null ? null : made(`the colour numbers ${found.name}`, found.space);
}

function nclxOfHeif(bytes: Buffer): Colour | null {
  return numbered(nclxOf(bytes));
}

/** The first of each type, of those that count: colours stand before the picture. */
function headOfPng(bytes: Buffer): ReadonlyMap<string, Buffer> {
  const head = new Map<string, Buffer>();
  for (const { type, data } of pngChunks(bytes)) {
    if (type === 'IDAT') break;
    if (!head.has(type)) head.set(type, data);
  }
  return head;
}

/** Primaries, transfer, matrix (always 0: RGB), 1 for full range. */
function cicpOfPng(bytes: Buffer): Colour | null {
  const data = headOfPng(bytes).get('cICP');
  if (data?.length !== 4) return null;
  const [primaries = 0, transfer = 0, matrix, full] = data;
  return matrix === 0 ? numbered({ primaries, transfer, narrow: full === 0 }) : null;
}

function srgbOfPng(bytes: Buffer): Colour | null {
  if (!headOfPng(bytes).has('sRGB')) return null;
  return { name: 'the mark of sRGB', srgb: true, profile: null, embedded: false, doubt: null };
}

/** Both chunks hold whole numbers: 100,000 stands for 1. */
const UNIT = 100_000;

function gammaOfPng(bytes: Buffer): Colour | null {
  const head = headOfPng(bytes);
  const [gamma, points] = [head.get('gAMA'), head.get('cHRM')];
  const exponent = gamma?.length === 4 ? gamma.readUInt32BE(0) / UNIT : 0;
  const primaries = points?.length === 32 ? primariesIn(points) : null;
  const names = [
    ...(exponent > 0 ? [`a gamma of 1/${(1 / exponent).toFixed(2)} (gAMA)`] : []),
    ...(primaries === null ? [] : ['primaries (cHRM)']),
  ];
  if (names.length === 0) return null;
  return made(names.join(' and '), {
    primaries: primaries ?? SRGB_PRIMARIES,
    light: exponent > 0 ? (value) => value ** (1 / exponent) : srgbLight,
  });
}

function primariesIn(chrm: Buffer): RgbSpace['primaries'] | null {
  const point = (at: number): Point => [chrm.readUInt32BE(at) / UNIT, chrm.readUInt32BE(at + 4) / UNIT];
  const primaries = { white: point(0), red: point(8), green: point(16), blue: point(24) };
  // Decoders pass over what spans no colours.
  return profileOf('', { primaries, light: srgbLight }) === null ? null : primaries;
}

/** TIFF has EXIF's directories in its own. */
function exifColour(bytes: Buffer, { format, exif }: Marked): Colour | null {
  switch (readExifColour(exif ?? (format === 'tiff' ? bytes : Buffer.alloc(0)))) {
    case 'adobe':
      return made('the colour space Adobe RGB (EXIF)', ADOBE_RGB);
    case 'other':
      return { name: 'an unnamed colour space (EXIF)', srgb: true, profile: null, embedded: false, doubt: UNNAMED };
    case null:
      return null;
  }
}

const UNNAMED = 'says in EXIF that its colours are not sRGB, and nothing in it says what they are: it is read as sRGB';
