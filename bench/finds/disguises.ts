/** Files that are named as photos and are none, or more than one, or more than a photo. */
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { pngChunk, withChunks } from '../../ml/images/made-png.js';
import type { Kind } from './kinds.js';
import { goodOf, jpeg, photo, png } from './photos.js';

type Bytes = (number: number, seed: number) => Promise<Buffer> | Buffer;
const EXTENSIONS = ['jpg', 'png', 'webp'] as const;

const disguised = (name: string, codes: Kind['codes'], bytes: Bytes, extensions: readonly string[] = EXTENSIONS): Kind => ({
  name,
  codes,
  make: async (folder, number, seed) => goodOf(folder, `a.${extensions[number % extensions.length]}`, await bytes(number, seed), seed),
});

const NO_PHOTO = ['wrong-format', 'not-an-image'] as const;
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

const svg: Bytes = (number) =>
  latin1(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${300 + number}" height="300"><circle cx="150" cy="150" r="${90 + number}"/></svg>`,
  );

const pdf: Bytes = (number) => {
  const objects = '1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n';
  const page = `3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 ${300 + number} 300]>>endobj\n`;
  return latin1(`%PDF-1.4\n${objects}${page}trailer<</Root 1 0 R>>\n%%EOF\n`);
};

const frames = async (seed: number): Promise<Buffer[]> => [await png(seed), await png(seed + 1_000_000)];
const animation = async (seed: number) => sharp(await frames(seed), { join: { animated: true } });

/** The frame control and the second frame behind the first one's data. */
async function animatedPng(seed: number): Promise<Buffer> {
  const control = Buffer.alloc(8);
  control.writeUInt32BE(2, 0);
  return withChunks(await png(seed), pngChunk('acTL', control));
}

/** Two frames; golden/animated_avif.py wrote it, since sharp writes none. */
const animatedAvif = new URL('../../../bench/finds/golden/animated.avif', import.meta.url);

/** An AVIF that says of itself that it is HEIC with HEVC inside. */
async function heic(seed: number): Promise<Buffer> {
  const bytes = await (await photo(seed)).avif({ effort: 0 }).toBuffer();
  return latin1(bytes.toString('latin1').replaceAll('avif', 'heic').replaceAll('av01', 'hvc1').replaceAll('av1C', 'hvcC'));
}

const TAILS: readonly Buffer[] = [
  Buffer.alloc(1),
  latin1('tail'),
  latin1('PK\x03\x04 an archive behind a photo'),
  Buffer.alloc(100_000, 7),
  latin1('<?php echo 1; ?>'),
];

const trailing = (format: string, extension: string, whole: (seed: number) => Promise<Buffer>): Kind =>
  disguised(
    `${format} with bytes behind the picture`,
    ['trailing-bytes'],
    async (number, seed) =>
      Buffer.concat([await whole(seed), number === 0 ? await whole(seed + 1) : (TAILS[number % TAILS.length] ?? latin1(''))]),
    [extension],
  );

const renamed = (format: string, extension: string, whole: (seed: number) => Promise<Buffer>): Kind =>
  disguised(`${format} named .${extension}`, ['wrong-extension'], async (_number, seed) => whole(seed), [extension]);

const webp = async (seed: number): Promise<Buffer> => (await photo(seed)).webp({ effort: 0 }).toBuffer();

export const DISGUISES: readonly Kind[] = [
  disguised('SVG named as a photo', NO_PHOTO, svg),
  disguised('PDF named as a photo', NO_PHOTO, pdf),
  disguised('text named as a photo', NO_PHOTO, (number) => latin1(`no picture ${number}`)),
  disguised('a web page named as a photo', NO_PHOTO, (number) => latin1(`<!doctype html><title>404 of ${number}</title>`)),
  disguised('noise named as a photo', NO_PHOTO, (number) =>
    Buffer.from(Uint8Array.from({ length: 9000 }, (_, at) => (at * at * (7 + number)) >> 3)),
  ),
  disguised('a file of 0 bytes', ['empty'], () => Buffer.alloc(0)),
  disguised('GIF named as a photo', NO_PHOTO, async (_number, seed) => (await photo(seed)).gif({ effort: 1 }).toBuffer()),
  disguised('animated GIF named as a photo', [...NO_PHOTO, 'animated'], async (_number, seed) =>
    (await animation(seed)).gif({ effort: 1 }).toBuffer(),
  ),
  disguised('animated WebP', ['animated'], async (_number, seed) => (await animation(seed)).webp({ effort: 0 }).toBuffer(), ['webp']),
  disguised('animated PNG', ['animated'], async (_number, seed) => animatedPng(seed), ['png']),
  { ...disguised('animated AVIF', [...NO_PHOTO, 'animated'], () => readFile(animatedAvif), ['avif']), cases: 1 },
  disguised('TIFF of two pages', ['animated'], async (_number, seed) => (await animation(seed)).tiff({ compression: 'lzw' }).toBuffer(), [
    'tiff',
  ]),
  disguised('AVIF that calls itself HEIC', NO_PHOTO, async (_number, seed) => heic(seed), ['jpg', 'heic', 'avif']),
  trailing('JPEG', 'jpg', jpeg),
  trailing('PNG', 'png', png),
  trailing('WebP', 'webp', webp),
  renamed('PNG', 'jpg', png),
  renamed('JPEG', 'png', jpeg),
  renamed('WebP', 'jpg', webp),
  renamed('JPEG', 'webp', jpeg),
];
