/** The one scan of a baseline JPEG (ITU-T T.81, annex B): where its coded data are, and what zeros in them stand for. The page in the browser asks here too: nothing here is of Node. */
import { segmentsBeforeScan, START_OF_SCAN } from './jpeg-segments.js';

export interface Scan {
  /** Offset of the coded data. */
  readonly start: number;
  /** Whether the code of nothing but zeros says, in every table that blocks are coded with, that a block has no more coefficients. */
  readonly zerosEndBlocks: boolean;
}

const [BASELINE, EXTENDED, TABLES] = [0xc0, 0xc1, 0xc4];

/** Null of a photo whose data are not one baseline scan of all components. */
export function scanOf(jpeg: Uint8Array): Scan | null {
  const firstSymbols = new Map<number, number>();
  let components = 0;
  for (const { marker, data } of segmentsBeforeScan(jpeg)) {
    if (marker === TABLES) takeFirstSymbols(data, firstSymbols);
    else if (marker === BASELINE || marker === EXTENDED) components = data[5] ?? 0;
    else if (marker === START_OF_SCAN) {
      if (components === 0 || data[0] !== components) return null;
      const tables = Array.from({ length: components }, (_, place) => AC | ((data[2 + 2 * place] ?? 0) & 15));
      const start = data.byteOffset - jpeg.byteOffset + data.length;
      return { start, zerosEndBlocks: tables.every((table) => firstSymbols.get(table) === END_OF_BLOCK) };
    }
  }
  return null;
}

/** Set in the number of a table of coefficients behind the first. */
const AC = 16;
const END_OF_BLOCK = 0;
const LENGTHS = 16;

/** One segment may hold several tables: a byte of class and number, 16 counts of codes of each length, then their symbols; the first one's code is zeros. */
function takeFirstSymbols(data: Uint8Array, firstSymbols: Map<number, number>): void {
  for (let at = 0; at + LENGTHS < data.length;) {
    const codes = data.subarray(at + 1, at + 1 + LENGTHS).reduce((sum, count) => sum + count, 0);
    firstSymbols.set(data[at] ?? 0, data[at + 1 + LENGTHS] ?? -1);
    at += 1 + LENGTHS + codes;
  }
}

/** The coded data between restart markers, without what is stuffed into them. */
export function intervalsOf(jpeg: Uint8Array, start: number): Uint8Array[] {
  const intervals: Uint8Array[] = [];
  let parts: Uint8Array[] = [];
  for (let from = start; ;) {
    let at = jpeg.indexOf(0xff, from);
    if (at < 0) at = jpeg.length;
    const marker = jpeg[at + 1];
    const stuffed = marker === 0;
    parts.push(jpeg.subarray(from, stuffed ? at + 1 : at));
    if (!stuffed) {
      intervals.push(joined(parts));
      parts = [];
      if (marker === undefined || marker < 0xd0 || marker > 0xd7) return intervals;
    }
    from = at + 2;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
