/**
 * What sharp and our decoder do with a photo's colours only when they are led to it.
 *
 * Both convert by an ICC profile in the file and by nothing else, so that other marks of colour become a profile first. Sixteen bits are rounded
 * to eight in the photo's own space: sharp takes sixteen bits without a profile for Display P3 once a profile is asked for (in a test: off by up
 * to 98 levels), and passes over a profile of sixteen-bit grey; littlecms itself is exact with eight bits and off by up to 10 levels near black
 * with sixteen. And a profile that the colour engine cannot use is passed over in silence (fix/profiles.ts).
 */
import sharp from 'sharp';
import { Problem } from '../../configs/problem.js';
import type { Colour } from './colour-source.js';
import { unreadable, type PhotoHeader } from './decode.js';
import { Profiles, type ProfileSpace } from './fix/profiles.js';
import { pngWithProfile } from './made-png.js';
import { inOwnWords } from './own-words.js';

/** By sharp's name of the encoding. */
export const SPACES: Readonly<Record<string, ProfileSpace>> = {
  srgb: 'srgb',
  rgb16: 'srgb',
  'b-w': 'b-w',
  grey16: 'b-w',
  cmyk: 'cmyk',
};

/** One for all photos. */
const PROFILES = new Profiles();

/** The photo, or another of eight bits whose profile says what the photo says. @throws Problem PHOTO where nothing converts its colours */
export async function asColourSays(bytes: Buffer, header: PhotoHeader): Promise<Buffer> {
  const { colour, depth } = header;
  const space = SPACES[header.space];
  if (space === undefined || colour === null || colour.srgb) return bytes;
  if (!(await isUsable(colour, space)))
    throw new Problem({ code: 'PHOTO', message: `carries ${colour.name}, which cannot be used`, cure: 'convert it by hand' });
  return colour.embedded && depth !== 'ushort' ? bytes : inEightBits(bytes, header, space);
}

async function isUsable({ profile, embedded }: Colour, space: ProfileSpace): Promise<boolean> {
  return profile !== null && (!embedded || (await PROFILES.canConvert(profile, space)));
}

/**
 * Rounded, with the orientation and the profile that the photo has, or that was made for it: sharp drops the profile of a photo that it turns. A
 * PNG, stored and not compressed. @param bytes of a photo that is known to be whole @throws Problem PHOTO where it cannot be decoded
 */
export async function inEightBits(bytes: Buffer, { width, height, depth, colour }: PhotoHeader, space: ProfileSpace): Promise<Buffer> {
  const profile = colour === null || colour.embedded ? null : colour.profile;
  const photo = sharp(bytes, { failOn: 'none', limitInputPixels: width * height, ignoreIcc: profile !== null }).keepExif();
  const rounded = depth === 'ushort' ? photo.linear(256 / 257, 127.5) : photo;
  const own = profile === null ? rounded.keepIccProfile().toColourspace(space) : rounded.toColourspace('srgb');
  const png = await inOwnWords(() => own.png({ compressionLevel: 0 }).toBuffer()).catch((cause: unknown) => {
    throw unreadable(cause);
  });
  return profile === null ? png : pngWithProfile(png, profile);
}
