/** What is wrong with a PNG up to its picture (PNG third edition, 5 and 11.2), which libpng tells nobody. */
import { crc32 } from '../files/crc32.js';
import { pngChunks, type PngChunk } from './png-chunks.js';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const CRITICAL: readonly string[] = ['IHDR', 'PLTE', 'IDAT', 'IEND'];
/** Bits a sample that each type of colour may have. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] };

/** Null where nothing is wrong that is known here, and of what is no PNG. */
export function pngHeaderFault(bytes: Buffer): string | null {
  if (!bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) return null;
  let place = 0;
  for (const chunk of pngChunks(bytes)) {
    const fault = place++ === 0 ? headerFault(chunk) : criticalFault(chunk);
    if (fault !== null) return fault;
    if (chunk.end > bytes.length) return `breaks off within its chunk ${chunk.type}`;
    if (isCritical(chunk.type) && crc32(checkedBytes(bytes, chunk)) !== bytes.readUInt32BE(chunk.end - 4))
      return `its chunk ${chunk.type} does not agree with its checksum`;
    if (chunk.type === 'IDAT') return null;
  }
  return 'breaks off before its picture';
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

/** Type and data, which the checksum behind them is of. */
function checkedBytes(bytes: Buffer, { data, end }: PngChunk): Buffer {
  return bytes.subarray(end - 8 - data.length, end - 4);
}
