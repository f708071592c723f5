/** What photos carry, and photos as a whole. */
import sharp, { type Sharp } from 'sharp';
import { crc32 } from '../../../ml/files/crc32.js';
import { DATASET_SETTINGS } from '../../../bench/dataset-settings.js';
import { colourOf } from '../../../ml/images/colour-source.js';
import { endOfPicture, isAnimatedPng } from '../../../ml/images/container.js';
import { encoderOf } from '../../../ml/images/encoder.js';
import { readExifColour } from '../../../ml/images/exif-colour.js';
import { readExifMaker } from '../../../ml/images/exif.js';
import { readIcc } from '../../../ml/images/icc.js';
import { checkJpegData } from '../../../ml/images/jpeg-data.js';
import { readJpegHeader } from '../../../ml/images/jpeg-header.js';
import { intervalsOf, scanOf } from '../../../ml/images/jpeg-scan.js';
import { lookAt } from '../../../ml/images/look.js';
import { readSquare } from '../../../ml/images/read-square.js';
import { checkTiffBlocks } from '../../../ml/images/tiff-blocks.js';
import { checkWebpData } from '../../../ml/images/webp-data.js';
import { heic, HEICS } from '../../ml/images/heic-photos.js';
import { picture } from '../../ml/images/photo-set.js';
import type { Parser } from '../parser.js';

const [WIDTH, HEIGHT] = [48, 40];
/** Pixels: as the product has a limit, so has this; a small one, for speed. */
const MOST_PIXELS = 1e6;

type Write = (photo: Sharp) => Sharp;
const EXIF = { IFD0: { Make: 'Maker', Model: 'Model', Software: 'Program 1.0' }, IFD2: { ColorSpace: '65535' } };
export const WRITERS: Readonly<Record<'jpeg' | 'png' | 'webp' | 'tiff' | 'heif', readonly Write[]>> = {
  jpeg: [
    (photo) => photo.jpeg(),
    (photo) => photo.withExif(EXIF).jpeg({ progressive: true }),
    (photo) => photo.greyscale().jpeg({ quality: 40 }),
    (photo) => photo.withIccProfile('p3').jpeg({ chromaSubsampling: '4:4:4', optimiseCoding: false }),
    (photo) => photo.toColourspace('cmyk').jpeg(),
  ],
  png: [
    (photo) => photo.png(),
    (photo) => photo.toColourspace('rgb16').png(),
    (photo) => photo.png({ palette: true, progressive: true }),
    (photo) => photo.ensureAlpha(0.5).withIccProfile('srgb').png(),
  ],
  webp: [(photo) => photo.webp(), (photo) => photo.webp({ lossless: true }), (photo) => photo.ensureAlpha(0.5).withExif(EXIF).webp()],
  tiff: [
    (photo) => photo.tiff({ compression: 'deflate' }),
    (photo) => photo.tiff({ compression: 'lzw', predictor: 'horizontal' }),
    (photo) => photo.tiff({ compression: 'none' }),
    (photo) => photo.tiff({ compression: 'jpeg' }),
    (photo) => photo.tiff({ compression: 'deflate', tile: true, tileWidth: 16, tileHeight: 16 }),
    (photo) => photo.tiff({ compression: 'deflate', bigtiff: true }),
  ],
  heif: [(photo) => photo.avif({ effort: 0 })],
};

export async function photosOf(...formats: readonly (keyof typeof WRITERS)[]): Promise<Buffer[]> {
  const photo = await picture(3, WIDTH, HEIGHT);
  return Promise.all(formats.flatMap((format) => WRITERS[format].map((write) => write(photo.clone()).toBuffer())));
}

async function profiles(): Promise<Buffer[]> {
  const photo = await picture(3, WIDTH, HEIGHT);
  const made = ['srgb', 'p3', 'cmyk'].map(async (name) => {
    const { icc } = await sharp(await photo.clone().withIccProfile(name).jpeg().toBuffer()).metadata();
    return icc ?? Buffer.alloc(0);
  });
  return (await Promise.all(made)).filter(({ length }) => length > 0);
}

async function exifBlocks(): Promise<Buffer[]> {
  const { exif } = await sharp(await (await picture(3, WIDTH, HEIGHT)).withExif(EXIF).jpeg().toBuffer()).metadata();
  if (exif === undefined) throw new Error('no EXIF was written');
  return [exif, exif.subarray(6)];
}

/** The checksums of a PNG's chunks. */
export function pngChecksums(bytes: Buffer): Buffer {
  const made = Buffer.from(bytes);
  if (made.toString('latin1', 1, 4) !== 'PNG') return made;
  for (let at = 8; at + 12 <= made.length;) {
    const end = at + 8 + made.readUInt32BE(at);
    if (end + 4 > made.length) break;
    made.writeUInt32BE(crc32(made.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return made;
}

const ICC_WORDS = ['desc', 'mluc', 'curv', 'para', 'rXYZ', 'rTRC', 'RGB ', 'GRAY', 'wtpt', 'text'];
const TIFF_WORDS = [
  'II*\0',
  'MM\0*',
  '\x00\x01\x03\x00',
  '\x01\x01\x04\x00',
  '\x11\x01\x04\x00',
  '\x17\x01\x04\x00',
  '\x02\x01\x03\x00',
  '\xff\xff\xff\xff',
];
export const JPEG_WORDS = [
  '\xff\xd8',
  '\xff\xd9',
  '\xff\xda',
  '\xff\xdb',
  '\xff\xc0',
  '\xff\xc2',
  '\xff\xc4',
  '\xff\xdd\x00\x04\x00\x01',
  '\xff\xd0',
  '\xff\x00',
  '\xff\xff',
  '\xff\xee',
  '\xff\xe1',
  '\xff\xe2',
  'ICC_PROFILE\0',
  'Exif\0\0',
  'Adobe',
];
export const PNG_WORDS = [
  'IHDR',
  'IDAT',
  'IEND',
  'PLTE',
  'tRNS',
  'gAMA',
  'cHRM',
  'sRGB',
  'iCCP',
  'cICP',
  'acTL',
  'fcTL',
  'tEXt',
  'zTXt',
  'iTXt',
  'eXIf',
];
export const WEBP_WORDS = ['RIFF', 'WEBP', 'VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF', 'ICCP', 'EXIF'];
export const HEIF_WORDS = [
  'ftyp',
  'meta',
  'iprp',
  'ipco',
  'ipma',
  'pitm',
  'iinf',
  'iloc',
  'colr',
  'nclx',
  'ispe',
  'mdat',
  'av1C',
  'hvcC',
  'grid',
  'irot',
];

const marks = { space: 'srgb', icc: null, exif: null };

export const PHOTO_FILES: readonly Parser[] = [
  { name: 'icc', seeds: profiles, words: ICC_WORDS, read: (bytes) => (readIcc(bytes).srgb ? null : 'other') },
  {
    name: 'exif',
    seeds: exifBlocks,
    words: [...TIFF_WORDS, 'Exif\0\0', '\x69\x87', '\x01\xa0', '\x05\xa0'],
    read: (bytes) => {
      const { make, model, software } = readExifMaker(bytes);
      for (const name of [make, model, software])
        if (name !== null && name.length > 100) throw new Error(`a name of ${name.length} characters`);
      return readExifColour(bytes);
    },
  },
  {
    name: 'tiff',
    seeds: () => photosOf('tiff'),
    words: TIFF_WORDS,
    read: async (bytes) => {
      await checkTiffBlocks(bytes);
      return null;
    },
  },
  {
    name: 'jpeg-scan',
    seeds: () => photosOf('jpeg'),
    words: JPEG_WORDS,
    read: async (bytes) => {
      encoderOf(bytes, { format: 'jpeg', exif: null, software: null });
      const scan = scanOf(bytes);
      if (scan !== null) intervalsOf(bytes, scan.start);
      await checkJpegData(bytes);
      return readJpegHeader(bytes) === null ? 'no header' : null;
    },
  },
  {
    name: 'webp',
    seeds: () => photosOf('webp'),
    words: WEBP_WORDS,
    read: async (bytes) => {
      await checkWebpData(bytes);
      return null;
    },
  },
  {
    name: 'containers',
    seeds: async () => [...(await photosOf('png', 'webp', 'jpeg', 'heif')), await heic('grid')],
    words: [...PNG_WORDS, ...HEIF_WORDS, ...WEBP_WORDS],
    read: (bytes) => {
      for (const format of ['jpeg', 'png', 'webp', 'heif', 'heic']) {
        endOfPicture(bytes, format);
        colourOf(bytes, { format, ...marks });
      }
      return isAnimatedPng(bytes) ? 'animated' : null;
    },
  },
  {
    name: 'photo',
    seeds: async () => [...(await photosOf('jpeg', 'png', 'webp', 'tiff', 'heif')), ...(await Promise.all(HEICS.map(heic)))],
    words: [...JPEG_WORDS, ...PNG_WORDS, ...WEBP_WORDS, ...HEIF_WORDS, ...TIFF_WORDS],
    repair: pngChecksums,
    read: async (bytes) => {
      const limits = { ...DATASET_SETTINGS.photos, maxPixels: MOST_PIXELS, minSide: 1 };
      const begin = (): Promise<void> => Promise.resolve();
      for (const mode of ['full', 'fast'] as const) await lookAt(bytes, { mode, limits, begin });
      await readSquare(bytes, { size: 32, maxPixels: MOST_PIXELS, minSide: 1, where: 'photo' });
      return null;
    },
  },
];
