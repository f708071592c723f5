/**
 * Who made a photo, as EXIF says it: three tags of the first directory (Exif 2.32, 4.6.2; TIFF 6.0, section 2). They are read here because
 * general readers unfold every tag, which 64 KB of made-up directory turn into gigabytes; this reads three strings and stops.
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
  const directory = new TiffDirectory(bytes.toString('latin1', 0, 6) === 'Exif\0\0' ? bytes.subarray(6) : bytes);
  const name = (tag: number): string | null => oneLine(directory.text(tag, LONGEST)?.toString('utf8') ?? '') || null;
  return { make: name(TAGS.make), model: name(TAGS.model), software: name(TAGS.software) };
}

/** Up to the first NUL, without what does not show. */
export function oneLine(text: string): string {
  const [whole = ''] = text.split('\0');
  return whole
    .replaceAll(/[\p{C}\p{Z}\s]+/gu, ' ')
    .slice(0, LONGEST)
    .trim();
}
