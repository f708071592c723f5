/** One photo that says of its colours what each standard lets it say. */
import assert from 'node:assert/strict';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { picture } from './photo-set.js';
import { longs } from './png-chunk.js';

/** Of each photo, in pixels. */
export const SIDE = 240;
/** As cHRM has them. */
export const SRGB_POINTS = [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000];
export const P3_POINTS = [31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000];

/** As PNG, without a word on colours. */
export async function plain(): Promise<Buffer> {
  return (await picture(1, SIDE, SIDE)).png().toBuffer();
}

/** A profile that sharp brings. */
export async function icc(name: 'p3' | 'srgb'): Promise<Buffer> {
  const { icc: profile } = await sharp(await (await picture(1)).withIccProfile(name).png().toBuffer()).metadata();
  assert.ok(profile);
  return profile;
}

/** What stands in a PNG's chunk of the name. */
export const iccp = (profile: Buffer): Buffer => Buffer.concat([Buffer.from('x\0\0', 'latin1'), deflateSync(profile)]);
export const cicp = (...numbers: readonly number[]): Buffer => Buffer.from(numbers);

/** A photo as AVIF with colour boxes, which sharp writes only for a profile. */
export async function avif(primaries: number, transfer: number, profile: Buffer | null = null): Promise<Buffer> {
  return withColours(await (await picture(1, SIDE, SIDE)).avif({ quality: 90, effort: 0 }).toBuffer(), primaries, transfer, profile);
}

/** A HEIF file of one picture with colour boxes. */
export function withColours(heif: Buffer, primaries: number, transfer: number, profile: Buffer | null = null): Buffer {
  const nclx = Buffer.from([0, primaries, 0, transfer, 0, 6, 0x80]);
  const boxes = [colourBox('nclx', nclx), ...(profile === null ? [] : [colourBox('prof', profile)])];
  return withProperties(Buffer.from(heif), boxes);
}

function colourBox(type: string, data: Buffer): Buffer {
  return Buffer.concat([longs(12 + data.length), Buffer.from(`colr${type}`, 'latin1'), data]);
}

/** Lays boxes into `ipco`, gives them to the one picture that the file holds, and moves the picture by what that takes (ISO/IEC 14496-12, 8.11). */
function withProperties(heif: Buffer, boxes: readonly Buffer[]): Buffer {
  const at = (type: string): number => heif.indexOf(type) - 4;
  const [ipco, ipma] = [at('ipco'), at('ipma')];
  const [properties, start] = [Buffer.concat(boxes), at('mdat') + 8];
  const grown = properties.length + boxes.length;
  const counted = ipma + 8 + 4 + 4 + 2;
  const held = heif.readUInt8(counted);
  const moved = heif.indexOf(longs(start), at('iloc'));
  const grow = (offset: number, by: number): number => heif.writeUInt32BE(heif.readUInt32BE(offset) + by, offset);
  const ends = [ipco + heif.readUInt32BE(ipco), ipma + heif.readUInt32BE(ipma)] as const;
  grow(ipco, properties.length);
  grow(ipma, boxes.length);
  grow(at('iprp'), grown);
  grow(at('meta'), grown);
  grow(moved, grown);
  heif.writeUInt8(held + boxes.length, counted);
  const indices = Buffer.from(boxes.map((_, index) => held + 1 + index));
  return Buffer.concat([heif.subarray(0, ends[0]), properties, heif.subarray(ends[0], ends[1]), indices, heif.subarray(ends[1])]);
}

/** EXIF with a ColorSpace and, where given, an InteroperabilityIndex, in either byte order (Exif 3.0, 4.6.3). */
export function exif(space: number, index: string | null, little = true): Buffer {
  const block = Buffer.alloc(8 + 18 + 30 + 18);
  const short = (value: number, at: number): number => (little ? block.writeUInt16LE(value, at) : block.writeUInt16BE(value, at));
  const long = (value: number, at: number): number => (little ? block.writeUInt32LE(value, at) : block.writeUInt32BE(value, at));
  const entry = (at: number, tag: number, type: number, count: number): number => {
    short(tag, at);
    short(type, at + 2);
    long(count, at + 4);
    return at + 8;
  };
  block.write(little ? 'II' : 'MM', 'latin1');
  short(42, 2);
  long(8, 4);
  short(1, 8);
  long(26, entry(10, 0x8769, 4, 1));
  short(index === null ? 1 : 2, 26);
  short(space, entry(28, 0xa001, 3, 1));
  long(56, entry(40, 0xa005, 4, 1));
  short(1, 56);
  block.write(index ?? '', entry(58, 1, 2, 4), 'latin1');
  return Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), block]);
}

/** As JPEG, with EXIF. */
export async function jpegWith(...parts: Parameters<typeof exif>): Promise<Buffer> {
  const jpeg = await (await picture(1, SIDE, SIDE)).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
  const block = exif(...parts);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(2 + block.length, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, block, jpeg.subarray(2)]);
}
