/**
 * What EXIF says of who made a photo and of its colours (Exif 2.32, 4.6.2; TIFF 6.0, section 2). It is read here because general readers unfold
 * every tag, which 64 KB of made-up directory turn into gigabytes; this reads five tags and stops.
 */
import { TiffDirectory } from './tiff-directory.js';

export interface ExifMaker {
  readonly make: string | null;
  readonly model: string | null;
  readonly software: string | null;
}

const TAGS = { make: 0x010f, model: 0x0110, software: 0x0131 } as const;
/** Longer is no name. */
const LONGEST = 100;

/** @param bytes an EXIF block, with or without `Exif\0\0` in front, or a TIFF file. What is damaged says nothing. */
export function readExifMaker(bytes: Buffer): ExifMaker {
  const directory = new TiffDirectory(tiffIn(bytes));
  const name = (tag: number): string | null => oneLine(directory.text(tag, LONGEST)?.toString('utf8') ?? '') || null;
  return { make: name(TAGS.make), model: name(TAGS.model), software: name(TAGS.software) };
}

/** Tags by which directories lead to others, and what stands in those. */
const COLOUR_TAGS = { exif: 0x8769, colorSpace: 0xa001, interoperability: 0xa005, index: 0x0001 } as const;
/** Exif knows the first and the last; cameras before DCF 2.0 wrote the second for Adobe RGB. */
const COLOR_SPACES = { srgb: 1, adobe: 2, uncalibrated: 0xffff } as const;
/** Of a camera's Adobe RGB (DCF 2.0). */
const ADOBE_INDEX = 'R03';

/** `other`: not sRGB, and not said what. Null: sRGB, or nothing is said. @param bytes as of {@link readExifMaker} */
export function readExifColour(bytes: Buffer): 'adobe' | 'other' | null {
  const tiff = tiffIn(bytes);
  const below = (directory: TiffDirectory, tag: number): TiffDirectory => {
    const [at] = directory.numbers(tag);
    return new TiffDirectory(at === undefined ? Buffer.alloc(0) : tiff, at);
  };
  const exif = below(new TiffDirectory(tiff), COLOUR_TAGS.exif);
  const [space] = exif.numbers(COLOUR_TAGS.colorSpace);
  if (space === COLOR_SPACES.adobe) return 'adobe';
  if (space !== COLOR_SPACES.uncalibrated) return null;
  const index = below(exif, COLOUR_TAGS.interoperability).text(COLOUR_TAGS.index, LONGEST)?.toString('latin1') ?? '';
  return oneLine(index) === ADOBE_INDEX ? 'adobe' : 'other';
}

/** An EXIF block may have a mark in front. */
const tiffIn = (bytes: Buffer): Buffer => (bytes.toString('latin1', 0, 6) === 'Exif\0\0' ? bytes.subarray(6) : bytes);

/** Up to the first NUL, without what does not show. */
export function oneLine(text: string): string {
  const [whole = ''] = text.split('\0');
  return whole
    .replaceAll(/[\p{C}\p{Z}\s]+/gu, ' ')
    .slice(0, LONGEST)
    .trim();
}
