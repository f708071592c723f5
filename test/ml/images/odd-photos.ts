/** Photos as cameras, scanners, networks and disks really leave them: a sound one, changed in one place. */
import { deflateSync } from 'node:zlib';
import { picture } from './photo-set.js';

const WIDTH = 300;
const HEIGHT = 240;

/** Of a JPEG: the header of its (first) scan ends with three bytes that only progressive ones use. */
export function withScanParameters(jpeg: Buffer, [from, to, approximation]: readonly [number, number, number]): Buffer {
  const changed = Buffer.from(jpeg);
  const scan = changed.indexOf(Buffer.from([0xff, 0xda]));
  const end = scan + 2 + changed.readUInt16BE(scan + 2);
  changed.set([from, to, approximation], end - 3);
  return changed;
}

/** With a segment of JFIF in front, of such a version. */
export function withJfifVersion(jpeg: Buffer, major: number): Buffer {
  const segment = Buffer.from('ffe000104a4649460001010000010001000000', 'hex').subarray(0, 18);
  segment[9] = major;
  return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
}

/** Puts bytes in front of the first such marker, or of the last one. */
export function beforeMarker(jpeg: Buffer, marker: number, bytes: Uint8Array, last = false): Buffer {
  const wanted = Buffer.from([0xff, marker]);
  const at = last ? jpeg.lastIndexOf(wanted) : jpeg.indexOf(wanted);
  return Buffer.concat([jpeg.subarray(0, at), bytes, jpeg.subarray(at)]);
}

/** Changes bytes of the segment that begins a baseline frame: its marker, its precision. */
export function withFrame(
  jpeg: Buffer,
  { marker = 0xc0, precision = 8 }: { readonly marker?: number; readonly precision?: number },
): Buffer {
  const changed = Buffer.from(jpeg);
  const frame = changed.indexOf(Buffer.from([0xff, 0xc0]));
  changed[frame + 1] = marker;
  changed[frame + 4] = precision;
  return changed;
}

/** Without its Huffman tables, as a frame of Motion JPEG. */
export function withoutTables(jpeg: Buffer): Buffer {
  let rest = jpeg;
  for (let at = rest.indexOf(Buffer.from([0xff, 0xc4])); at >= 0; at = rest.indexOf(Buffer.from([0xff, 0xc4])))
    rest = Buffer.concat([rest.subarray(0, at), rest.subarray(at + 2 + rest.readUInt16BE(at + 2))]);
  return rest;
}

/** Zeros in the middle. */
export function withHole(bytes: Buffer, length: number): Buffer {
  const middle = bytes.length >> 1;
  return Buffer.from(bytes).fill(0, middle, middle + length);
}

type Value = readonly number[] | string;
const [TEXT, SHORT, LONG] = [2, 3, 4];

/** A TIFF of 300 x 240 pixels in one strip. @param tags by number, besides or in place of those that it needs; text stands there without an end of its own */
export async function tiff(tags: Readonly<Record<number, Value>> = {}, { deflated = false } = {}): Promise<Buffer> {
  const pixels = await (await picture(8, WIDTH, HEIGHT)).raw().toBuffer();
  const data = deflated ? deflateSync(pixels) : pixels;
  const all: Record<number, Value> = {
    256: [WIDTH],
    257: [HEIGHT],
    258: [8, 8, 8],
    259: [deflated ? 8 : 1],
    262: [2],
    273: [8],
    277: [3],
    278: [HEIGHT],
    279: [data.length],
    ...tags,
  };
  const entries = Object.entries(all);
  const directory = Buffer.alloc(2 + 12 * entries.length + 4);
  directory.writeUInt16LE(entries.length);
  const start = 8 + data.length + (data.length % 2);
  let behind = Buffer.alloc(0);
  entries.forEach(([tag, value], place) => {
    const at = 2 + 12 * place;
    const type = typeof value === 'string' ? TEXT : value.some((number) => number > 0xffff) ? LONG : SHORT;
    directory.writeUInt16LE(Number(tag), at);
    directory.writeUInt16LE(type, at + 2);
    directory.writeUInt32LE(value.length, at + 4);
    const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : numbers(value, type === LONG ? 4 : 2);
    if (bytes.length <= 4) bytes.copy(directory, at + 8);
    else {
      directory.writeUInt32LE(start + directory.length + behind.length, at + 8);
      behind = Buffer.concat([behind, bytes]);
    }
  });
  const header = Buffer.from('II*\0\0\0\0\0', 'latin1');
  header.writeUInt32LE(start, 4);
  return Buffer.concat([header, data, Buffer.alloc(data.length % 2), directory, behind]);
}

function numbers(values: readonly number[], width: number): Buffer {
  const bytes = Buffer.alloc(width * values.length);
  values.forEach((value, place) => bytes.writeUIntLE(value, width * place, width));
  return bytes;
}
