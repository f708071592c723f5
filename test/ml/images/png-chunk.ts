/** PNGs that say more of themselves than their maker wrote. */
import { crc32 } from 'node:zlib';

const HEAD_BYTES = 33;

/** A chunk right behind the header (PNG third edition, 5.3). */
export function withChunk(png: Buffer, type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([png.subarray(0, HEAD_BYTES), length, body, check, png.subarray(HEAD_BYTES)]);
}

/** Whole numbers of 32 bits, as gAMA and cHRM hold them. */
export function longs(...values: readonly number[]): Buffer {
  const data = Buffer.alloc(4 * values.length);
  values.forEach((value, at) => data.writeUInt32BE(value, 4 * at));
  return data;
}
