/**
 * Photos to do things to: crops of those that come with packages, laid over a field of colours that is drawn for each, so that no two of them
 * look alike and yet all have a photo's grain.
 */
import sharp, { type Sharp } from 'sharp';
import { readInstallation } from '../../configs/load/installation.js';
import { packagedPhotos } from '../../ml/images/sample-sources.js';
import { Draws } from '../../ml/random/philox.js';

export const WIDTH = 512;
export const HEIGHT = 384;
/** Of the photo, the rest is the field of colours. */
const PHOTO_SHARE = 0.6;
const FIELD = 6;

let sources: Promise<readonly string[]> | undefined;

/** Photo `seed`, upright sRGB of 8 bits: the same for each call. */
export async function photo(seed: number, width = WIDTH, height = HEIGHT): Promise<Sharp> {
  sources ??= readInstallation().then(({ samplePhotos }) => packagedPhotos(samplePhotos).map(({ path }) => path));
  const paths = await sources;
  const draws = new Draws('crop', { seed: 6, epoch: 0, index: seed });
  const source = sharp(paths[draws.below(paths.length)]).removeAlpha();
  const sides = await source.metadata();
  const share = draws.between(0.5, 0.9);
  const crop = { width: Math.floor(sides.width * share), height: Math.floor(sides.height * share) };
  const at = { left: draws.below(sides.width - crop.width + 1), top: draws.below(sides.height - crop.height + 1) };
  const raw = { raw: { width, height, channels: 3 } } as const;
  const size = [width, height, { fit: 'fill' }] as const;
  const grain = await source
    .extract({ ...at, ...crop })
    .resize(...size)
    .toColourspace('srgb')
    .raw()
    .toBuffer();
  const cells = Uint8Array.from({ length: FIELD * FIELD * 3 }, () => draws.below(256));
  const field = await sharp(cells, { raw: { width: FIELD, height: FIELD, channels: 3 } })
    .resize(...size)
    .raw()
    .toBuffer();
  const pixels = grain.map((value, index) => Math.round(PHOTO_SHARE * value + (1 - PHOTO_SHARE) * (field[index] ?? 0)));
  return sharp(pixels, raw);
}

/** As most cameras and programs write it. */
export async function jpeg(seed: number, width = WIDTH, height = HEIGHT, quality = 90): Promise<Buffer> {
  return (await photo(seed, width, height)).jpeg({ quality }).toBuffer();
}

export async function png(seed: number, width = WIDTH, height = HEIGHT): Promise<Buffer> {
  return (await photo(seed, width, height)).png({ compressionLevel: 1 }).toBuffer();
}

/** Added to a case's seed for the photo that stands beside what is wrong. */
export const PARTNER = 100_000;

/** A photo as the good one of a pair whose bad one is sound and as large. @returns what the case adds to the set, and the file that is named */
export async function goodOf(
  folder: string,
  name: string,
  bytes: Uint8Array | string,
  seed: number,
): Promise<{ readonly files: Record<string, Uint8Array | string>; readonly named: readonly [string] }> {
  const file = `${folder}/good/${name}`;
  const stem = name.slice(0, name.lastIndexOf('.'));
  return { files: { [file]: bytes, [`${folder}/bad/${stem}.jpg`]: await jpeg(seed + PARTNER) }, named: [file] };
}
