/** The colour numbers of a HEIF file's picture (AVIF is one): the box `colr` of type `nclx` (ISO/IEC 23008-12, 6.5.5; 14496-12, 12.1.5). */
import type { Cicp } from './cicp.js';

interface Box {
  readonly type: string;
  readonly body: Buffer;
}

/** Boxes one behind the other; the last may say that it goes to the end. */
function* boxesIn(bytes: Buffer): Generator<Box> {
  for (let at = 0; at + 8 <= bytes.length;) {
    const short = bytes.readUInt32BE(at);
    if (short === 1 && at + 16 > bytes.length) return;
    const head = short === 1 ? 16 : 8;
    const size = short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short === 0 ? bytes.length - at : short;
    if (size < head) return;
    yield { type: bytes.toString('latin1', at + 4, at + 8), body: bytes.subarray(at + head, at + size) };
    at += size;
  }
}

function find(bytes: Buffer, type: string): Buffer | undefined {
  for (const box of boxesIn(bytes)) if (box.type === type) return box.body;
  return undefined;
}

/** Version and flags. */
const FULL_BOX = 4;

/** Of the picture that the file shows first; null where it has none. A damaged file has none. */
export function nclxOf(heif: Buffer): Cicp | null {
  try {
    const meta = find(heif, 'meta')?.subarray(FULL_BOX);
    const primary = meta === undefined ? undefined : find(meta, 'pitm');
    const properties = meta === undefined ? undefined : find(meta, 'iprp');
    if (primary === undefined || properties === undefined) return null;
    const item = primary[0] === 0 ? primary.readUInt16BE(FULL_BOX) : primary.readUInt32BE(FULL_BOX);
    const all = [...boxesIn(find(properties, 'ipco') ?? Buffer.alloc(0))];
    const own = [...boxesIn(properties)].filter(({ type }) => type === 'ipma').flatMap(({ body }) => associated(body, item));
    const nclx = own.map((index) => all[index - 1]).find((box) => box?.type === 'colr' && box.body.toString('latin1', 0, 4) === 'nclx');
    return nclx === undefined ? null : { primaries: nclx.body.readUInt16BE(4), transfer: nclx.body.readUInt16BE(6), narrow: false };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Numbers, from 1, of the properties that a box `ipma` gives to an item (14496-12, 8.11.14). */
function associated(ipma: Buffer, wanted: number): number[] {
  const found: number[] = [];
  const wideItems = ipma.readUInt8(0) >= 1;
  const wideIndices = (ipma.readUInt8(3) & 1) === 1;
  let at = FULL_BOX + 4;
  for (let left = ipma.readUInt32BE(FULL_BOX); left > 0; left--) {
    const item = wideItems ? ipma.readUInt32BE(at) : ipma.readUInt16BE(at);
    at += wideItems ? 4 : 2;
    for (let count = ipma.readUInt8(at++); count > 0; count--) {
      const index = wideIndices ? ipma.readUInt16BE(at) & 0x7fff : ipma.readUInt8(at) & 0x7f;
      at += wideIndices ? 2 : 1;
      if (item === wanted) found.push(index);
    }
  }
  return found;
}
