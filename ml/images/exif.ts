/**
 * Who made a photo, as EXIF says it: three tags of the first directory (Exif 2.32, 4.6.2; TIFF 6.0, section 2). They are read here because
 * general readers unfold every tag, which 64 KB of made-up directory turn into gigabytes; this reads three strings and stops.
 */

export interface ExifMaker {
  readonly make: string | null;
  readonly model: string | null;
  readonly software: string | null;
}

const TAGS = { make: 0x010f, model: 0x0110, software: 0x0131 } as const;
const ASCII = 2;
const ENTRY_BYTES = 12;
/** Longer is no name. */
const LONGEST = 100;

/** @param bytes an EXIF block, with or without `Exif\0\0` in front, or a TIFF file. What is damaged says nothing. */
export function readExifMaker(bytes: Buffer): ExifMaker {
  const tiff = bytes.toString('latin1', 0, 6) === 'Exif\0\0' ? bytes.subarray(6) : bytes;
  const order = tiff.toString('latin1', 0, 4);
  if (order !== 'II*\0' && order !== 'MM\0*') return { make: null, model: null, software: null };
  const strings = stringsOf(tiff, order === 'II*\0');
  const [make = null, model = null, software = null] = [TAGS.make, TAGS.model, TAGS.software].map((tag) => strings.get(tag));
  return { make, model, software };
}

function stringsOf(tiff: Buffer, little: boolean): Map<number, string> {
  const short = (at: number): number => (at + 2 > tiff.length ? 0 : little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const long = (at: number): number => (at + 4 > tiff.length ? 0 : little ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const wanted = new Set<number>(Object.values(TAGS));
  const strings = new Map<number, string>();
  const directory = long(4);
  const end = Math.min(tiff.length, directory + 2 + ENTRY_BYTES * short(directory));
  for (let entry = directory + 2; entry + ENTRY_BYTES <= end; entry += ENTRY_BYTES) {
    const tag = short(entry);
    if (!wanted.has(tag) || short(entry + 2) !== ASCII) continue;
    const length = long(entry + 4);
    const start = length <= 4 ? entry + 8 : long(entry + 8);
    const text = oneLine(tiff.toString('utf8', start, start + Math.min(length, LONGEST)));
    if (text !== '' && !strings.has(tag)) strings.set(tag, text);
  }
  return strings;
}

/** Up to the first NUL, without what does not show. */
export function oneLine(text: string): string {
  const [whole = ''] = text.split('\0');
  return whole
    .replaceAll(/[\p{C}\p{Z}\s]+/gu, ' ')
    .slice(0, LONGEST)
    .trim();
}
