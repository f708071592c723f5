/** What is done to the bytes of photos: damage, and parts of files that no encoder here writes. */
import { deflateSync } from 'node:zlib';
import { HEAD_BYTES, pngChunk } from '../../ml/images/made-png.js';
import type { Draws } from '../../ml/random/philox.js';

/** Without its end. @param share of the file that stays */
export function cutTo(bytes: Buffer, share: number): Buffer {
  return bytes.subarray(0, Math.floor(bytes.length * share));
}

/** Zeros over `length` bytes somewhere in the middle half, as a block that a disk or a download lost. */
export function withHole(bytes: Buffer, length: number, draws: Draws): Buffer {
  const out = Buffer.from(bytes);
  const start = Math.floor(bytes.length * draws.between(0.25, 0.75));
  return out.fill(0, start, start + length);
}

/** The same with drawn bytes. */
export function withNoise(bytes: Buffer, length: number, draws: Draws): Buffer {
  const out = Buffer.from(bytes);
  const start = Math.floor(bytes.length * draws.between(0.25, 0.75));
  for (let at = start; at < Math.min(out.length, start + length); at++) out[at] = draws.below(256);
  return out;
}

/** The same with what stands elsewhere in the file, in front of it: a block that was written to the wrong place. */
export function withBlockAstray(bytes: Buffer, length: number, draws: Draws): Buffer {
  const out = Buffer.from(bytes);
  const start = Math.floor(bytes.length * draws.between(0.4, 0.75));
  bytes.copy(out, start, start >> 1, (start >> 1) + length);
  return out;
}

/** So many bits turned over, each in a byte of its own in the middle 80 %. */
export function withFlips(bytes: Buffer, count: number, draws: Draws): Buffer {
  const out = Buffer.from(bytes);
  for (let flip = 0; flip < count; flip++) {
    const at = Math.floor(bytes.length * draws.between(0.1, 0.9));
    out[at] = (out[at] ?? 0) ^ (1 << draws.below(8));
  }
  return out;
}

/** A PNG whose header says another size than its rows have. */
export function pngOfSize(png: Buffer, width: number, height: number): Buffer {
  const sides = Buffer.from(png.subarray(16, 29));
  sides.writeUInt32BE(width, 0);
  sides.writeUInt32BE(height, 4);
  return Buffer.concat([png.subarray(0, 8), pngChunk('IHDR', sides), png.subarray(HEAD_BYTES)]);
}

/** Black, one bit a pixel: few bytes that want much memory. */
export function blackPng(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 1;
  const rows = deflateSync(Buffer.alloc((1 + Math.ceil(side / 8)) * side), { level: 1 });
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, pngChunk('IHDR', header), pngChunk('IDAT', rows), pngChunk('IEND', Buffer.alloc(0))]);
}

/** A baseline or progressive JPEG whose frame header says another size than its data have. */
export function jpegOfSize(jpeg: Buffer, width: number, height: number): Buffer {
  const out = Buffer.from(jpeg);
  let at = 2;
  while (out[at + 1] !== 0xc0 && out[at + 1] !== 0xc2) at += 2 + out.readUInt16BE(at + 2);
  out.writeUInt16BE(height, at + 5);
  out.writeUInt16BE(width, at + 7);
  return out;
}

/** Puts a segment in front of all others of a JPEG. */
function withSegment(jpeg: Buffer, marker: number, data: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, data, jpeg.subarray(2)]);
}

/** A JPEG that says its colours are to be read by this profile; the pixels stay as they are. */
export function jpegWithProfile(jpeg: Buffer, profile: Buffer): Buffer {
  return withSegment(jpeg, 0xe2, Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), profile]));
}
