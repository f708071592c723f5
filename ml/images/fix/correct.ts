/**
 * One photo's bytes as they should have been: upright sRGB of eight bits a channel, or less where less is to be done.
 *
 * Colours go where the photo's own profile says, by littlecms with the perceptual intent, which is the one that sharp knows; for profiles of a
 * matrix and curves (Display P3, Adobe RGB) it is the relative colorimetric one. ../colour.ts says what has to be done before that.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Sharp } from 'sharp';
import { Problem } from '../../../configs/problem.js';
import type { FixAction } from '../../../configs/schema/fix.js';
import { fromSystemError } from '../../../configs/system-error.js';
import { asColourSays, inEightBits, SPACES } from '../colour.js';
import { endOfPicture } from '../container.js';
import { unreadable, wholePhoto, type PhotoHeader } from '../decode.js';
import type { Ask, Begin } from '../decoders/jobs.js';
import { legible } from '../legible.js';
import { insistOnPhoto } from '../opened.js';
import { inOwnWords } from '../own-words.js';
import { insistOnWhole } from '../whole.js';
import type { ProfileSpace } from './profiles.js';

/**
 * Full colour resolution and 95 of 100: what a second encoding takes away cannot be seen. Huffman tables made for the photo would save 7 % of the
 * file and cost four times the memory (98 megapixels: 1.6 GB instead of 0.4).
 */
const JPEG = { quality: 95, chromaSubsampling: '4:4:4', optimizeCoding: false } as const;

/** Writes it to a new file, or over what a try that broke off left of it. The folder is moved into place when it is whole. */
export async function writeCorrected(bytes: Buffer, { format, actions, to }: Ask<'correct'>, begin: Begin): Promise<string> {
  const right = await corrected(bytes, format, actions, begin);
  try {
    const file = await open(to, 'w');
    try {
      await file.writeFile(right);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fromSystemError(error, to);
  }
  return createHash('sha256').update(right).digest('hex');
}

/**
 * @param format of the file, as its header names it.
 * @param begin where others decode beside it
 * @throws Problem PHOTO where only a person can decide: inks, or a profile, that nothing says the colours of; or where it cannot be decoded.
 */
export async function corrected(
  bytes: Buffer,
  format: string,
  actions: readonly FixAction[],
  begin: Begin = () => Promise.resolve(),
): Promise<Buffer> {
  const jpeg = actions.includes('encoded-as-jpeg');
  if (jpeg || actions.includes('encoded-as-png')) return encoded(bytes, jpeg, begin);
  if (!actions.includes('trailing-bytes-dropped')) return bytes;
  return bytes.subarray(0, endOfPicture(bytes, format) ?? bytes.length);
}

/** Keeps the picture and nothing else: no EXIF, no XMP, no place and no time. The profile is sRGB. */
async function encoded(bytes: Buffer, jpeg: boolean, begin: Begin): Promise<Buffer> {
  try {
    const header = await insistOnPhoto(bytes);
    const space = convertible(header);
    const picture = await legible(bytes, header, begin);
    await insistOnWhole(picture, header);
    const coloured = await asColourSays(picture, header);
    const eight = header.depth === 'uchar' || coloured !== picture ? coloured : await inEightBits(picture, header, space);
    const upright = flattened(wholePhoto(eight, header), header).toColourspace('srgb').withIccProfile('srgb');
    return await inOwnWords(() => (jpeg ? upright.jpeg(JPEG) : upright.png()).toBuffer());
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** White shows through, as on paper; an alpha channel that hides nothing goes. */
function flattened(photo: Sharp, { hasAlpha }: PhotoHeader): Sharp {
  return hasAlpha ? photo.flatten({ background: '#ffffff' }) : photo;
}

/** @throws Problem PHOTO where nothing says which colours the numbers mean. */
function convertible({ space, depth }: PhotoHeader): ProfileSpace {
  const refuse = (message: string): Problem => new Problem({ code: 'PHOTO', message, cure: 'convert it by hand' });
  const known = SPACES[space];
  if (known === undefined || !['uchar', 'ushort'].includes(depth)) {
    throw refuse(`is encoded in ${space} as ${depth}, which is not converted without a person`);
  }
  return known;
}
