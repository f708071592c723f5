/** The photos of the table of finds. */
import sharp, { type Sharp } from 'sharp';
import { photoMaker, type MakePhoto } from '../made-photos.js';

export const WIDTH = 512;
export const HEIGHT = 384;

let maker: Promise<MakePhoto> | undefined;

/** Photo `seed`, upright sRGB of 8 bits: the same for each call, and like no other. */
export async function photo(seed: number, width = WIDTH, height = HEIGHT): Promise<Sharp> {
  maker ??= photoMaker();
  const { data } = await (await maker)(seed, width, height);
  return sharp(data, { raw: { width, height, channels: 3 } });
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
