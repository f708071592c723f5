/** PNGs that say more of themselves than their maker wrote. */
import { pngChunk, withChunks } from '../../../ml/images/made-png.js';

/** A chunk right behind the header (PNG third edition, 5.3). */
export function withChunk(png: Buffer, type: string, data: Uint8Array): Buffer {
  return withChunks(png, pngChunk(type, data));
}

/** Whole numbers of 32 bits, as gAMA and cHRM hold them. */
export function longs(...values: readonly number[]): Buffer {
  const data = Buffer.alloc(4 * values.length);
  values.forEach((value, at) => data.writeUInt32BE(value, 4 * at));
  return data;
}
