/** Photos that are whole, and yet not what the network must see: other colours, other depths, other sizes, next to nothing on them. */
import sharp, { type Sharp } from 'sharp';
import { Draws } from '../../ml/random/philox.js';
import { pngWithProfile } from '../../ml/images/made-png.js';
import { blackPng, jpegOfSize, jpegWithProfile, pngOfSize } from './bytes.js';
import type { Kind } from './kinds.js';
import { goodOf, HEIGHT, jpeg, photo, png, WIDTH } from './photos.js';
import { matrixProfile, SPACES } from './profiles.js';

type Write = (number: number, seed: number) => Promise<Buffer> | Buffer;

const encoded = (name: string, codes: Kind['codes'], extension: string, write: Write, more: Partial<Kind> = {}): Kind => ({
  name,
  codes,
  make: async (folder, number, seed) => goodOf(folder, `a.${extension}`, await write(number, seed), seed),
  ...more,
});

const through =
  (change: (image: Sharp) => Sharp): Write =>
  async (_number, seed) =>
    change(await photo(seed)).toBuffer();

const PROFILED = (Object.keys(SPACES) as (keyof typeof SPACES)[]).flatMap((space) => [
  encoded(`${space} in a JPEG`, ['not-srgb'], 'jpg', async (_number, seed) => jpegWithProfile(await jpeg(seed), matrixProfile(space))),
  encoded(`${space} in a PNG`, ['not-srgb'], 'png', async (_number, seed) => pngWithProfile(await png(seed), matrixProfile(space))),
]);

/** Cut off, or full of noise, or nothing: each case another. */
function brokenProfile(number: number): Buffer {
  const whole = matrixProfile('Adobe RGB');
  return [
    whole.subarray(0, 60 + 7 * number),
    Buffer.alloc(200 + number, 0xa5),
    Buffer.concat([whole.subarray(0, 128), Buffer.alloc(400, 0xff)]),
  ][number % 3] as Buffer;
}

/** The least side that is allowed is 224. */
const SMALL: readonly (readonly [number, number])[] = [
  [223, 400],
  [400, 223],
  [223, 223],
  [100, 300],
  [512, 16],
  [1, 1],
];

async function small(number: number, seed: number): Promise<Buffer> {
  const [width, height] = SMALL[number % SMALL.length] as readonly [number, number];
  return jpeg(seed, width, height);
}

/** Nearly one colour: grey values that differ by no more than a step or two. */
async function uniform(number: number): Promise<Buffer> {
  const draws = new Draws('degrade', { seed: 6, epoch: 2, index: number });
  const base = [draws.below(250), draws.below(250), draws.below(250)];
  const steps = number % 3;
  const data = Buffer.from(Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, at) => (base[at % 3] ?? 0) + draws.below(steps + 1)));
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

const BOMB = ['too-many-pixels', 'too-many-bytes'] as const;

export const ENCODINGS: readonly Kind[] = [
  ...PROFILED,
  encoded('a broken colour profile', ['not-srgb'], 'jpg', async (number, seed) => jpegWithProfile(await jpeg(seed), brokenProfile(number))),
  encoded(
    'CMYK',
    ['not-srgb'],
    'jpg',
    through((image) => image.toColourspace('cmyk').jpeg()),
  ),
  encoded(
    '16 bits a channel in a PNG',
    ['not-srgb'],
    'png',
    through((image) => image.toColourspace('rgb16').png({ compressionLevel: 1 })),
  ),
  encoded(
    '16 bits a channel in a TIFF',
    ['not-srgb'],
    'tiff',
    through((image) => image.toColourspace('rgb16').tiff({ compression: 'lzw' })),
  ),
  encoded(
    'grey JPEG',
    ['not-srgb'],
    'jpg',
    through((image) => image.toColourspace('b-w').jpeg()),
    { cleanvision: ['grayscale'] },
  ),
  encoded(
    'grey PNG',
    ['not-srgb'],
    'png',
    through((image) => image.toColourspace('b-w').png()),
    { cleanvision: ['grayscale'] },
  ),
  encoded(
    'transparent PNG',
    ['transparent'],
    'png',
    through((image) => image.ensureAlpha(0.5).png({ compressionLevel: 1 })),
  ),
  encoded(
    'transparent WebP',
    ['transparent'],
    'webp',
    through((image) => image.ensureAlpha(0.9).webp({ effort: 0 })),
  ),
  encoded('turned by its EXIF orientation', ['turned'], 'jpg', async (number, seed) =>
    (await photo(seed))
      .withMetadata({ orientation: 2 + (number % 7) })
      .jpeg()
      .toBuffer(),
  ),
  encoded('shortest side under 224', ['too-small'], 'jpg', small, { cleanvision: ['odd_size', 'odd_aspect_ratio'] }),
  encoded('PNG that says it is 50,000 x 50,000', BOMB, 'png', async (_number, seed) => pngOfSize(await png(seed), 50_000, 50_000)),
  encoded('JPEG that says it is 65,000 x 65,000', BOMB, 'jpg', async (_number, seed) => jpegOfSize(await jpeg(seed), 65_000, 65_000)),
  encoded('PNG of 40,000 x 40,000 in few bytes', BOMB, 'png', () => blackPng(40_000), { cases: 1 }),
  encoded('nearly one colour', ['uniform'], 'png', uniform, { cleanvision: ['low_information', 'dark', 'light'] }),
];
