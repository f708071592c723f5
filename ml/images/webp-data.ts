/**
 * Whether the coded data of a WebP are used up by its picture.
 *
 * WebP holds no checksum. Its decoder goes on with whatever bits there are, and says only where they are too few (RFC 6386, section 7; RFC 9649,
 * section 3). But what is coded has no end mark either: the picture's last bit stands in the data's last bytes, since an encoder writes what
 * its coder holds and stops. Data that were hurt make the decoder lose its place, and from there on every block takes as many bits as it
 * happens to; it comes to the last pixel too early or too late. Too late is an error of its own. For too early, the picture is decoded once
 * more without the last bytes of its data: a decoder that does not miss them had left them over.
 *
 * A hole of zeros reads as plain blocks that take next to no bits, so that much is left over. A run of zeros alone tells nothing: a plain area in
 * a photo whose other blocks are all busy is coded as just that. What stays unseen is a turned bit that makes a symbol into one of the same
 * length, and data that end in the right place by chance.
 */
import sharp from 'sharp';
import { Problem } from '../../configs/problem.js';
import { besideOthers } from './own-words.js';

/**
 * Bytes at the end without which no sound photo can be decoded. An encoder fills its last byte, and pads: libwebp's by up to 2 bytes, libvpx's by 4;
 * and the decoder of lossless data is 8 bytes ahead of what it used.
 */
const TAIL = 16;

/** @param webp of one picture, which libwebp could decode @throws Problem PHOTO where bytes are left over behind the last pixel */
export async function checkWebpData(webp: Buffer): Promise<void> {
  const shorter = withoutTail(webp);
  if (shorter === null || !(await decodes(shorter))) return;
  throw new Problem({
    code: 'PHOTO',
    message: 'its data go on behind the last pixel',
    cure: 'replace the file by a whole photo',
  });
}

/** Chunks that hold a picture: lossy and lossless. The one of an alpha channel is not looked at. */
const PICTURES: readonly string[] = ['VP8 ', 'VP8L'];
const CHUNK_HEADER = 8;
const FILE_HEADER = 12;

/** The picture without the end of its data, as a sound file; null where there is none, or hardly any. */
function withoutTail(webp: Buffer): Buffer | null {
  for (let at = FILE_HEADER; at + CHUNK_HEADER <= webp.length;) {
    const type = webp.toString('latin1', at, at + 4);
    const length = webp.readUInt32LE(at + 4);
    if (PICTURES.includes(type)) {
      const kept = length - TAIL - (length % 2);
      return kept <= 0 ? null : riff(type, webp.subarray(at + CHUNK_HEADER, at + CHUNK_HEADER + kept));
    }
    at += CHUNK_HEADER + length + (length % 2);
  }
  return null;
}

/** A WebP of one chunk. @param data of an even length */
function riff(type: string, data: Buffer): Buffer {
  const header = Buffer.from(`RIFF0000WEBP${type}0000`, 'latin1');
  header.writeUInt32LE(4 + CHUNK_HEADER + data.length, 4);
  header.writeUInt32LE(data.length, FILE_HEADER + 4);
  return Buffer.concat([header, data]);
}

/** Shrunk as it is loaded, which takes less time: the data are read as a whole all the same. */
async function decodes(webp: Buffer): Promise<boolean> {
  const shrunk = sharp(webp, { limitInputPixels: false }).resize(1, 1, { fit: 'fill', kernel: 'nearest' }).raw();
  return besideOthers(() => shrunk.toBuffer()).then(
    () => true,
    () => false,
  );
}
