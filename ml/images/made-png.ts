/** Chunks put into a PNG that is there (PNG third edition, 5.3). */
import { deflateSync } from 'node:zlib';
import { crc32 } from '../files/crc32.js';

/** Bytes of the signature and of the first chunk, IHDR. */
export const HEAD_BYTES = 33;

/** With its length in front and its checksum behind. @param type four letters */
export function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

/** The PNG with chunks right behind its header. */
export function withChunks(png: Buffer, ...chunks: readonly Buffer[]): Buffer {
  return Buffer.concat([png.subarray(0, HEAD_BYTES), ...chunks, png.subarray(HEAD_BYTES)]);
}

/** A PNG whose colours are to be read by this ICC profile (PNG third edition, 11.3.2.3); the pixels stay as they are. */
export function pngWithProfile(png: Buffer, profile: Buffer): Buffer {
  return withChunks(png, pngChunk('iCCP', Buffer.concat([Buffer.from('profile\0\0', 'latin1'), deflateSync(profile)])));
}
