/** Where a photo's bytes become those of a picture that sharp and our decoder (decoder.ts) read: of all formats but HEIC they are that already. */
import sharp from 'sharp';
import { Problem } from '../../configs/problem.js';
import type { PhotoHeader } from './decode.js';
import type { Begin } from './decoders/jobs.js';
import { decodeHeic } from './heic/decode-heic.js';
import { pngWithProfile } from './made-png.js';

/** HEIC is held as a whole, by its decoder and then as a PNG: three times what is counted for a pixel of others. */
const HEIC_WEIGHT = 3;
/** Pictures in a HEIC may be larger than what is shown of them. */
const CROPPED = 4;
const SMALLEST_LIMIT = 1_000_000;

/**
 * Waits until there is memory to decode the photo, and gives the bytes to decode it from. Those of a HEIC become a PNG, stored and not compressed,
 * upright and with its profile: what else the header says stays true.
 * @throws Problem PHOTO for a HEIC that cannot be decoded
 */
export async function legible(bytes: Buffer, header: PhotoHeader, begin: Begin): Promise<Buffer> {
  const { format, width, height, colour } = header;
  if (format !== 'heic') {
    await begin(width * height);
    return bytes;
  }
  await begin(width * height * HEIC_WEIGHT);
  const { samples, channels, ...sides } = decodeHeic(bytes, Math.max(SMALLEST_LIMIT, width * height * CROPPED));
  if (sides.width !== width || sides.height !== height) {
    const message = `its picture is ${sides.width} x ${sides.height}, and its header says ${width} x ${height}`;
    throw new Problem({ code: 'PHOTO', message, cure: 'replace the file by a whole photo' });
  }
  const space = samples instanceof Uint16Array ? 'rgb16' : 'srgb';
  const raw = { ...sides, channels };
  const png = await sharp(samples, { raw, limitInputPixels: false }).toColourspace(space).png({ compressionLevel: 0 }).toBuffer();
  return colour?.embedded === true && colour.profile !== null ? pngWithProfile(png, colour.profile) : png;
}
