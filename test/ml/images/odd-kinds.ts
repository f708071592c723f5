/** Kinds of photos, each made here, that all who read photos must answer alike for. */
import sharp from 'sharp';
import { pngChunk, withChunks } from '../../../ml/images/made-png.js';
import { heic, HEICS } from './heic-photos.js';
import { beforeMarker, tiff, withFrame, withHole, withJfifVersion, withoutTables, withScanParameters } from './odd-photos.js';
import { picture } from './photo-set.js';

const [TABLES, HUFFMAN, END] = [0xdb, 0xc4, 0xd9];
const SIXTY = Buffer.from(Array.from({ length: 60 }, (_, at) => at));
const small = async (): Promise<Buffer> => (await picture(1, 300, 240)).jpeg().toBuffer();
let madeLarge: Promise<Buffer> | null = null;
/** From 2,048 pixels in its shorter side on, fast mode reads a JPEG's codes by itself. */
function large(): Promise<Buffer> {
  madeLarge ??= picture(1, 2100, 2050).then((image) => image.jpeg({ optimiseCoding: false }).toBuffer());
  return madeLarge;
}
const progressive = async (): Promise<Buffer> => (await picture(1, 300, 240)).jpeg({ progressive: true }).toBuffer();
const inks = async (): Promise<Buffer> => (await picture(1, 300, 240)).toColourspace('cmyk').jpeg().toBuffer();
const wide = async (): Promise<Buffer> => (await picture(1, 300, 240)).withIccProfile('p3').jpeg().toBuffer();

export type Made = Promise<Buffer> | Buffer;
const ofJpeg: Readonly<Record<string, (jpeg: Buffer) => Buffer>> = {
  'without a change': (jpeg) => jpeg,
  'whose scan ends at 0': (jpeg) => withScanParameters(jpeg, [0, 0, 0]),
  'whose scan starts at 9 and approximates': (jpeg) => withScanParameters(jpeg, [9, 63, 0x21]),
  'with a zero between two segments': (jpeg) => beforeMarker(jpeg, TABLES, Buffer.alloc(1)),
  'with 60 bytes between two segments': (jpeg) => beforeMarker(jpeg, HUFFMAN, SIXTY),
  'with a byte before its end': (jpeg) => beforeMarker(jpeg, END, Buffer.from([1]), true),
  'with zeros before its end': (jpeg) => beforeMarker(jpeg, END, Buffer.alloc(29), true),
  'with 60 bytes before its end': (jpeg) => beforeMarker(jpeg, END, SIXTY, true),
};
/** Read by all. */
export const sound: Record<string, () => Made> = {
  'a JPEG of JFIF 2': async () => withJfifVersion(await small(), 2),
  'a large JPEG of JFIF 2': async () => withJfifVersion(await large(), 2),
  'a frame of Motion JPEG': async () => withoutTables(await (await picture(1, 300, 240)).jpeg({ optimiseCoding: false }).toBuffer()),
  'a large frame of Motion JPEG': async () => withoutTables(await large()),
  'a progressive JPEG with a zero between two segments': async () => beforeMarker(await progressive(), TABLES, Buffer.alloc(1)),
  'a progressive JPEG with a zero between two scans': async () => beforeMarker(await progressive(), HUFFMAN, Buffer.alloc(1), true),
  'a progressive JPEG with zeros before its end': async () => beforeMarker(await progressive(), END, Buffer.alloc(29), true),
  'a TIFF whose text does not end': () => tiff({ 270: 'a photo of a sea' }),
  'a TIFF with a tag that nobody knows': () => tiff({ 65_123: [7] }),
  'a TIFF with a resolution in no unit': () => tiff({ 296: [9] }),
  'a TIFF with bits in no order': () => tiff({ 266: [0] }),
  'a TIFF of orientation 0': () => tiff({ 274: [0] }),
  'a TIFF of orientation 9': () => tiff({ 274: [9] }, { deflated: true }),
};
for (const name of HEICS) sound[`a HEIC, ${name}`] = () => heic(name);
for (const [name, change] of Object.entries(ofJpeg))
  for (const [kind, make] of Object.entries({ JPEG: small, 'large JPEG': large, 'JPEG of Display P3': wide }))
    sound[`a ${kind} ${name}`] = async () => change(await make());
/** Without a profile: an audit decodes them, and nobody else knows their colours. */
export const inkedWithoutProfile: Record<string, () => Made> = {};
for (const name of ['without a change', 'whose scan ends at 0', 'with a zero between two segments'])
  inkedWithoutProfile[`a JPEG in inks ${name}`] = async () => ofJpeg[name]?.(await inks()) ?? Buffer.alloc(0);

/** Refused by all, with what the audit calls it. */
export const broken: Readonly<Record<string, { readonly make: () => Made; readonly code: string }>> = {
  'half a JPEG': { make: async () => (await small()).subarray(0, 2000), code: 'truncated' },
  'a JPEG without its end': { make: async () => (await small()).subarray(0, -2), code: 'truncated' },
  'a JPEG with a hole': { make: async () => withHole(await small(), 500), code: 'damaged' },
  'a large JPEG with a hole': { make: async () => withHole(await large(), 4000), code: 'damaged' },
  'a TIFF with a hole': { make: async () => withHole(await tiff({}, { deflated: true }), 200), code: 'damaged' },
  'a PNG with a hole': { make: async () => withHole(await (await picture(1, 300, 240)).png().toBuffer(), 200), code: 'damaged' },
  'a JPEG of 12 bits': { make: async () => withFrame(await small(), { precision: 12 }), code: 'wrong-format' },
  'a lossless JPEG': { make: async () => withFrame(await small(), { marker: 0xc3 }), code: 'wrong-format' },
  'a hierarchical JPEG': { make: async () => withFrame(await small(), { marker: 0xc5 }), code: 'wrong-format' },
  'a TIFF of YCbCr': { make: () => tiff({ 262: [6] }), code: 'wrong-format' },
  'a TIFF of YCbCr, deflated': { make: () => tiff({ 262: [6] }, { deflated: true }), code: 'wrong-format' },
  'a TIFF of a sensor': { make: () => tiff({ 262: [32803] }), code: 'wrong-format' },
  'a TIFF with tiles in separate planes': {
    make: () => tiff({ 284: [2], 322: [16], 323: [16], 324: [8, 8, 8], 325: [256, 256, 256] }),
    code: 'wrong-format',
  },
  'a TIFF with ZSTD': { make: () => tiff({ 259: [50000] }), code: 'wrong-format' },
  'a TIFF with old-style JPEG': { make: () => tiff({ 259: [6] }), code: 'wrong-format' },
  'a TIFF with what nobody knows': { make: () => tiff({ 259: [1234] }), code: 'wrong-format' },
  'a digital negative': { make: () => tiff({ 50706: [1] }), code: 'wrong-format' },
  'a HEIC sequence': { make: () => ftyp('hevc', 'msf1hevc'), code: 'wrong-format' },
  'half a HEIC': { make: async () => (await heic('plain')).subarray(0, 500), code: 'truncated' },
  'the beginning of a HEIC': { make: async () => (await heic('grid')).subarray(0, 100), code: 'truncated' },
  'a HEIC whose picture lies elsewhere': { make: async () => withoutPicture(await heic('plain')), code: 'damaged' },
  'a GIF': { make: async () => (await picture(1, 300, 240)).gif().toBuffer(), code: 'wrong-format' },
  'a BMP': { make: () => Buffer.from('BM and more'), code: 'wrong-format' },
  'an animated WebP': {
    make: async () =>
      sharp([await (await picture(1, 300, 240)).png().toBuffer(), await (await picture(2, 300, 240)).png().toBuffer()], {
        join: { animated: true },
      })
        .webp()
        .toBuffer(),
    code: 'animated',
  },
  'a PNG that needs what nobody knows': {
    make: async () => withChunks(await (await picture(1, 300, 240)).png().toBuffer(), pngChunk('ABCD', Buffer.from('123'))),
    code: 'not-an-image',
  },
  'a photo of 223 pixels': { make: async () => (await picture(1, 300, 223)).jpeg().toBuffer(), code: 'too-small' },
  'no photo': { make: () => Buffer.from('no photo'), code: 'not-an-image' },
  'an empty file': { make: () => Buffer.alloc(0), code: 'empty' },
  'a WebP with a hole': { make: async () => withHole(await (await picture(1, 300, 240)).webp().toBuffer(), 200), code: 'damaged' },
};

/** Its decoder finds no codes of HEVC. */
function withoutPicture(bytes: Buffer): Buffer {
  return Buffer.from(bytes).fill(0, bytes.indexOf('mdat') + 4);
}

/** The beginning of a file of boxes. */
function ftyp(major: string, others: string): Buffer {
  const box = Buffer.from(`0000ftyp${major}0000${others}`, 'latin1');
  box.writeUInt32BE(box.length);
  return Buffer.concat([box, Buffer.alloc(600)]);
}
