/**
 * What a HEIF file (AVIF is one) says of its picture's colours: its boxes `colr` (ISO/IEC 23008-12, 6.5.5; 14496-12, 12.1.5). The page in the
 * browser reads them too: nothing here is of Node.
 */
import type { Cicp } from './cicp.js';

export interface HeifColour {
  readonly hasProfile: boolean;
  /** Null where the file gives none. */
  readonly nclx: Cicp | null;
}

interface Box {
  readonly type: string;
  readonly body: DataView;
}

const part = (view: DataView, from: number, to = view.byteLength): DataView =>
  new DataView(view.buffer, view.byteOffset + from, Math.max(0, Math.min(to, view.byteLength) - from));

const text = (view: DataView, at: number): string =>
  String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));

/** Boxes one behind the other; the last may say that it goes to the end. */
function* boxesIn(view: DataView): Generator<Box> {
  for (let at = 0; at + 8 <= view.byteLength;) {
    const short = view.getUint32(at);
    if (short === 1 && at + 16 > view.byteLength) return;
    const head = short === 1 ? 16 : 8;
    const size = short === 1 ? Number(view.getBigUint64(at + 8)) : short === 0 ? view.byteLength - at : short;
    if (size < head) return;
    yield { type: text(view, at + 4), body: part(view, at + head, at + size) };
    at += size;
  }
}

function find(view: DataView, type: string): DataView | null {
  for (const box of boxesIn(view)) if (box.type === type) return box.body;
  return null;
}

/** Version and flags. */
const FULL_BOX = 4;
const NOTHING: HeifColour = { hasProfile: false, nclx: null };

/** Of the picture that the file shows first. A damaged file says nothing. */
export function heifColour(heif: Uint8Array): HeifColour {
  try {
    const box = find(new DataView(heif.buffer, heif.byteOffset, heif.length), 'meta');
    const meta = box === null ? null : part(box, FULL_BOX);
    const primary = meta === null ? null : find(meta, 'pitm');
    const properties = meta === null ? null : find(meta, 'iprp');
    const held = properties === null ? null : find(properties, 'ipco');
    if (primary === null || properties === null || held === null) return NOTHING;
    const item = primary.getUint8(0) === 0 ? primary.getUint16(FULL_BOX) : primary.getUint32(FULL_BOX);
    const all = [...boxesIn(held)];
    const own = [...boxesIn(properties)].filter(({ type }) => type === 'ipma').flatMap(({ body }) => associated(body, item));
    const colours = own.flatMap((index) => all[index - 1] ?? []).filter(({ type }) => type === 'colr');
    const nclx = colours.find(({ body }) => text(body, 0) === 'nclx')?.body;
    return {
      hasProfile: colours.some(({ body }) => PROFILES.includes(text(body, 0))),
      nclx: nclx === undefined ? null : { primaries: nclx.getUint16(4), transfer: nclx.getUint16(6), narrow: false },
    };
  } catch (error) {
    if (error instanceof RangeError) return NOTHING;
    throw error;
  }
}

const PROFILES: readonly string[] = ['prof', 'rICC'];

/** Numbers, from 1, of the properties that a box `ipma` gives to an item (14496-12, 8.11.14). */
function associated(ipma: DataView, wanted: number): number[] {
  const found: number[] = [];
  const wideItems = ipma.getUint8(0) >= 1;
  const wideIndices = (ipma.getUint8(3) & 1) === 1;
  let at = FULL_BOX + 4;
  for (let left = ipma.getUint32(FULL_BOX); left > 0; left--) {
    const item = wideItems ? ipma.getUint32(at) : ipma.getUint16(at);
    at += wideItems ? 4 : 2;
    for (let count = ipma.getUint8(at++); count > 0; count--) {
      const index = wideIndices ? ipma.getUint16(at) & 0x7fff : ipma.getUint8(at) & 0x7f;
      at += wideIndices ? 2 : 1;
      if (item === wanted) found.push(index);
    }
  }
  return found;
}
