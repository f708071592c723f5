/** Names a coding that the decoders cannot read or would read wrongly. The header says it, before a pixel is decoded. JPEG: jpeg-coding.ts. */
import type { PhotoHeader } from './decode.js';
import { TiffDirectory } from './tiff-directory.js';
import { hasTiles, TAGS } from './tiff-tags.js';

const UNREAD: Readonly<Record<string, (bytes: Buffer, header: PhotoHeader) => string | null>> = {
  tiff: unreadTiff,
  heif: (_, { compression }) => (compression === 'av1' ? null : `HEIF (${compression?.toUpperCase() ?? 'nothing that is known'})`),
};

/** In words that follow "is coded in"; null where nothing is known against it. */
export function unreadCoding(bytes: Buffer, header: PhotoHeader): string | null {
  return UNREAD[header.format]?.(bytes, header) ?? null;
}

/** Numbers of compressions (TIFF 6.0 and its supplements) that this libtiff was built without. Of those that are not here libtiff says so itself. */
const COMPRESSIONS: Readonly<Record<number, string>> = {
  6: 'TIFF with old-style JPEG',
  34661: 'TIFF with JBIG',
  34712: 'TIFF with JPEG 2000',
  34887: 'TIFF with LERC',
  34892: 'TIFF with lossy JPEG of a camera raw file',
  34925: 'TIFF with LZMA',
  34933: 'TIFF with PNG',
  34934: 'TIFF with JPEG XR',
  50000: 'TIFF with ZSTD',
  50002: 'TIFF with JPEG XL',
  52546: 'TIFF with JPEG XL',
};
const JPEG = 7;
/** What the numbers of a pixel mean, where they would be read as something else. */
const YCBCR = 6;
const PHOTOMETRICS: Readonly<Record<number, string>> = {
  4: 'TIFF as a mask',
  9: 'TIFF as ICC L*a*b*',
  10: 'TIFF as ITU L*a*b*',
  32803: 'TIFF with the raw pixels of a sensor',
  32844: 'TIFF as LogL',
  32845: 'TIFF as LogLuv',
  34892: 'TIFF with the raw pixels of a sensor',
};
const SEPARATE_PLANES = 2;
/** Of a digital negative, whose first picture is a small one. */
const DNG_VERSION = 50706;

function unreadTiff(bytes: Buffer): string | null {
  const directory = new TiffDirectory(bytes);
  const first = (tag: number): number => directory.numbers(tag)[0] ?? 0;
  const [compression, photometric, bits] = [first(TAGS.compression), first(TAGS.photometric), first(TAGS.bitsPerSample)];
  const separate = first(TAGS.planes) === SEPARATE_PLANES && first(TAGS.samplesPerPixel) > 1;
  const rows: readonly (readonly [boolean, string | undefined])[] = [
    [directory.has(DNG_VERSION), 'a camera raw file (DNG)'],
    [compression in COMPRESSIONS, COMPRESSIONS[compression]],
    [photometric in PHOTOMETRICS, PHOTOMETRICS[photometric]],
    [photometric === YCBCR && compression !== JPEG, 'TIFF as YCbCr without JPEG'],
    [compression === JPEG && bits > 8, `TIFF with JPEG of ${bits} bits a sample`],
    [separate && hasTiles(bytes), 'TIFF with tiles in separate planes'],
  ];
  return rows.find(([is]) => is)?.[1] ?? null;
}
