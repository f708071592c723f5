/** "Is this sRGB?", asked of the first thing in a photo that says what its numbers mean (colour-marks.ts), and by what they are converted. */
import { colourMark, isSrgbSpace } from './colour-marks.js';
import { readIcc } from './icc.js';
import { profileOf } from './made-profile.js';

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

/** Null where nothing says it. */
export function colourOf(bytes: Buffer, { format, space: encoding, icc, exif }: Marked): Colour | null {
  const carried = { format, hasProfile: icc !== null, exif };
  // Only a profile says what inks look like.
  const mark = encoding === 'cmyk' ? (icc === null ? null : ({ kind: 'profile' } as const)) : colourMark(bytes, carried);
  switch (mark?.kind) {
    case 'profile':
      return icc === null ? null : profileInFile(icc, encoding);
    case 'space': {
      const { name, space } = mark;
      const srgb = space !== null && isSrgbSpace(space);
      return { name, srgb, profile: space === null || srgb ? null : profileOf(name, space), embedded: false, doubt: null };
    }
    case 'unnamed':
      return { name: 'an unnamed colour space (EXIF)', srgb: true, profile: null, embedded: false, doubt: UNNAMED };
    case undefined:
      return null;
  }
}

const UNNAMED = 'says in EXIF that its colours are not sRGB, and nothing in it says what they are: it is read as sRGB';

/** The spaces of profiles that belong to photos of a space. A grey photo may carry the profile of what it was made from. */
const FITTING: Readonly<Record<string, readonly string[]>> = {
  srgb: ['RGB '],
  rgb16: ['RGB '],
  'b-w': ['GRAY', 'RGB '],
  grey16: ['GRAY', 'RGB '],
};

function profileInFile(icc: Buffer, encoding: string): Colour {
  const { name, srgb, space } = readIcc(icc);
  const fits = FITTING[encoding]?.includes(space) ?? false;
  return { name: `the colour profile "${name}"`, srgb: srgb && fits, profile: icc, embedded: true, doubt: null };
}
