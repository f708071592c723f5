/** What is wrong with a PNG up to its picture (PNG third edition, 5 and 11.2), which libpng tells nobody, and in its picture. The page in the browser asks here too: nothing here is of Node. */
import { crc32 } from '../files/crc32.js';
import { pngChunks, type PngChunk } from './png-chunks.js';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const CRITICAL: readonly string[] = ['IHDR', 'PLTE', 'IDAT', 'IEND'];
/** Bits a sample that each type of colour may have. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] };

/** Null where nothing is wrong that is known here, and of what is no PNG. */
export function pngHeaderFault(bytes: Uint8Array): string | null {
  if (SIGNATURE.some((byte, at) => bytes[at] !== byte)) return null;
  let place = 0;
  for (const chunk of pngChunks(bytes)) {
    const fault = place++ === 0 ? headerFault(chunk) : criticalFault(chunk);
    if (fault !== null) return fault;
    if (chunk.end > bytes.length) return `breaks off within its chunk ${chunk.type}`;
    if (isCritical(chunk.type) && !agrees(bytes, chunk)) return disagreement(chunk);
    if (chunk.type === 'IDAT') return null;
  }
  return 'breaks off before its picture';
}

/** What checksums tell of the picture's own chunks, of a PNG that does not break off; null where they agree. */
export function pngDataFault(bytes: Uint8Array): string | null {
  for (const chunk of pngChunks(bytes)) if (chunk.type === 'IDAT' && !agrees(bytes, chunk)) return disagreement(chunk);
  return null;
}

function headerFault({ type, data }: PngChunk): string | null {
  if (type !== 'IHDR' || data.length !== 13) return 'does not begin with a header (IHDR) of 13 bytes';
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth = 0, colour = 0, compression = 0, filter = 0, interlace = 0] = data.subarray(8);
  if (width === 0 || height === 0) return `its header says ${width} x ${height} pixels`;
  if (DEPTHS[colour]?.includes(depth) !== true)
    return `its header says ${depth} bits a sample of colour type ${colour}, which does not exist`;
  const unknown = compression !== 0 || filter !== 0 || interlace > 1;
  return unknown
    ? `its header names compression ${compression}, filter ${filter}, interlace ${interlace}, of which nobody knows one`
    : null;
}

function criticalFault({ type }: PngChunk): string | null {
  if (!/^[A-Za-z]{4}$/.test(type)) return 'holds bytes where a chunk has its name';
  return isCritical(type) && !CRITICAL.includes(type) ? `needs the chunk ${type}, which nobody knows` : null;
}

/** By the case of its first letter. */
function isCritical(type: string): boolean {
  return /^[A-Z]/.test(type);
}

function disagreement({ type }: PngChunk): string {
  return `its chunk ${type} does not agree with its checksum`;
}

/** The checksum behind a chunk is of its type and data. */
function agrees(bytes: Uint8Array, { data, end }: PngChunk): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return crc32(bytes.subarray(end - 8 - data.length, end - 4)) === view.getUint32(end - 4);
}
