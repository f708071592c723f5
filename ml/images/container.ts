/** Where the picture in a file ends, and whether it moves: what decoders pass over in silence. The page in the browser asks here too: nothing here is of Node. */
import { pngChunks } from './png-chunks.js';

/** Offset just behind the picture; null where the file breaks off before its end, undefined for a format whose end is not known here. */
export function endOfPicture(bytes: Uint8Array, format: string): number | null | undefined {
  const find = ENDS[format];
  if (find === undefined) return undefined;
  const end = find(bytes);
  return end !== null && end <= bytes.length ? end : null;
}

/** True for an animated PNG, which decoders show as its first frame (PNG third edition, `acTL` before `IDAT`). */
export function isAnimatedPng(bytes: Uint8Array): boolean {
  for (const { type } of pngChunks(bytes)) {
    if (type === 'acTL') return true;
    if (type === 'IDAT') return false;
  }
  return false;
}

/** Pictures in a WebP: the frames of an animation, else 1. */
export function picturesInWebp(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  let frames = 0;
  for (let at = 12; at + 8 <= bytes.length;) {
    if (String.fromCharCode(...bytes.subarray(at, at + 4)) === 'ANMF') frames++;
    const length = view.getUint32(at + 4, true);
    at += 8 + length + (length % 2);
  }
  return Math.max(1, frames);
}

const ENDS: Readonly<Record<string, (bytes: Uint8Array) => number | null>> = {
  jpeg: endOfJpeg,
  png: endOfPng,
  webp: endOfWebp,
  heif: endOfHeif,
  heic: endOfHeif,
};

const SEGMENT_START = 0xff;
const END_OF_IMAGE = 0xd9;
/** Inside entropy-coded data: a stuffed 0xff and the restart markers belong to the data. */
const isData = (marker: number): boolean => marker === 0x00 || (marker >= 0xd0 && marker <= 0xd7);
/** Markers without a length: TEM, RST, SOI. */
const isBare = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

/** ITU-T T.81: segments up to the first EOI that is not inside another segment (an embedded thumbnail has one of its own). */
function endOfJpeg(bytes: Uint8Array): number | null {
  const view = viewOf(bytes);
  let at = 0;
  while (at + 1 < bytes.length) {
    if (bytes[at] !== SEGMENT_START) {
      at = bytes.indexOf(SEGMENT_START, at);
      if (at < 0) return null;
    }
    const marker = bytes[at + 1];
    if (marker === undefined) return null;
    if (marker === END_OF_IMAGE) return at + 2;
    if (marker === SEGMENT_START) at += 1;
    else if (isData(marker) || isBare(marker)) at += 2;
    else if (at + 4 > bytes.length) return null;
    else at += 2 + view.getUint16(at + 2);
  }
  return null;
}

function endOfPng(bytes: Uint8Array): number | null {
  for (const { type, end } of pngChunks(bytes)) if (type === 'IEND') return end;
  return null;
}

/** A RIFF chunk's length is that of its content, padded to an even number. */
function endOfWebp(bytes: Uint8Array): number | null {
  if (bytes.length < 8) return null;
  const length = viewOf(bytes).getUint32(4, true);
  return 8 + length + (length % 2);
}

/** Boxes that a picture is made of (ISO/IEC 14496-12). What phones put behind them is theirs: the file counts as the picture. */
const NEEDED: readonly string[] = ['ftyp', 'meta', 'mdat'];

function endOfHeif(bytes: Uint8Array): number | null {
  const view = viewOf(bytes);
  for (let at = 0; at + 8 <= bytes.length;) {
    const short = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (short === 1 && at + 16 > bytes.length) return NEEDED.includes(type) ? null : bytes.length;
    const size = short === 1 ? Number(view.getBigUint64(at + 8)) : short === 0 ? bytes.length - at : short;
    if (size < 8) break;
    if (at + size > bytes.length) return NEEDED.includes(type) ? null : bytes.length;
    at += size;
  }
  return bytes.length;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
