/**
 * What sharp does with a photo's colour profile only when it is led to it.
 *
 * Sixteen bits are rounded to eight in the photo's own space first: sharp takes sixteen bits without a profile for Display P3 once a profile is
 * asked for (in a test: off by up to 98 levels), and passes over a profile of sixteen-bit grey; littlecms itself is exact with eight bits and off by
 * up to 10 levels near black with sixteen. And a profile that the colour engine cannot use is passed over in silence (fix/profiles.ts).
 */
import sharp from 'sharp';
import { Problem } from '../../configs/problem.js';
import type { PhotoHeader } from './decode.js';
import type { Profiles, ProfileSpace } from './fix/profiles.js';

/** By sharp's name of the encoding. */
export const SPACES: Readonly<Record<string, ProfileSpace>> = {
  srgb: 'srgb',
  rgb16: 'srgb',
  'b-w': 'b-w',
  grey16: 'b-w',
  cmyk: 'cmyk',
};

/** @throws Problem PHOTO where the photo carries a profile that nothing can be converted by. */
export async function insistOnProfile(bytes: Buffer, { icc }: PhotoHeader, space: ProfileSpace, profiles: Profiles): Promise<void> {
  if (icc === null || icc.srgb) return;
  const { icc: profile } = await sharp(bytes, { limitInputPixels: false }).metadata();
  if (profile !== undefined && (await profiles.canConvert(profile, space))) return;
  throw new Problem({
    code: 'PHOTO',
    message: `carries the colour profile "${icc.name}", which cannot be used`,
    cure: 'convert it by hand',
  });
}

/** Rounded, with the profile and the orientation that it has: sharp drops the profile of a photo that it turns. A PNG, stored and not compressed. */
export async function inEightBits(bytes: Buffer, { width, height }: PhotoHeader, space: ProfileSpace): Promise<Buffer> {
  return sharp(bytes, { failOn: 'warning', limitInputPixels: width * height })
    .linear(256 / 257, 127.5)
    .keepIccProfile()
    .keepExif()
    .toColourspace(space)
    .png({ compressionLevel: 0 })
    .toBuffer();
}
