/** The one scan of a baseline JPEG: its codes and its coded data (ITU-T T.81, annexes B and F). */
import { segmentsBeforeScan } from './jpeg-header.js';

/** By the next 16 bits: how many of them a symbol and the bits of its value take, and by how many coefficients it goes on, times 256. */
export type Codes = Uint16Array;

export interface Scan {
  /** Offset of the coded data. */
  readonly start: number;
  /** Units of blocks that are coded together, in the whole photo and between two restart markers. */
  readonly units: number;
  readonly unitsApart: number;
  /** Tables of the blocks of a unit. */
  readonly blocks: readonly { readonly dc: Codes; readonly ac: Codes }[];
}

const [BASELINE, EXTENDED, TABLES, RESTARTS, SCAN] = [0xc0, 0xc1, 0xc4, 0xdd, 0xda];
const CODE_BITS = 16;

interface Component {
  readonly across: number;
  readonly down: number;
}

/** Null of a photo whose data are not one baseline scan of all components. */
export function scanOf(jpeg: Buffer): Scan | null {
  const tables = new Map<number, Codes>();
  const components = new Map<number, Component>();
  let [width, height, restarts] = [0, 0, 0];
  for (const { marker, data } of segmentsBeforeScan(jpeg)) {
    if (marker === TABLES) takeTables(data, tables);
    else if (marker === RESTARTS) restarts = data.readUInt16BE(0);
    else if (marker === BASELINE || marker === EXTENDED) {
      [height, width] = [data.readUInt16BE(1), data.readUInt16BE(3)];
      takeComponents(data, components);
    } else if (marker === SCAN) {
      const blocks = blocksOf(data, components, tables);
      if (blocks.length === 0) return null;
      const [across, down] = unitOf([...components.values()]);
      const units = Math.ceil(width / (8 * across)) * Math.ceil(height / (8 * down));
      const start = data.byteOffset - jpeg.byteOffset + data.length;
      return { start, units, unitsApart: restarts === 0 ? units : restarts, blocks };
    }
  }
  return null;
}

/** A frame: precision, height, width, count of components, then number, sampling factors and table of each. */
function takeComponents(data: Buffer, components: Map<number, Component>): void {
  for (let at = 6; at + 3 <= data.length; at += 3) {
    const factors = data[at + 1] as number;
    components.set(data[at] as number, { across: factors >> 4, down: factors & 15 });
  }
}

/** In blocks. The factors of a single component mean nothing (A.2.2). */
function unitOf(components: readonly Component[]): readonly [number, number] {
  if (components.length === 1) return [1, 1];
  return [Math.max(...components.map(({ across }) => across)), Math.max(...components.map(({ down }) => down))];
}

/** A scan's header: count of components, then number and tables of each. None where it is not a scan of all components. */
function blocksOf(data: Buffer, components: ReadonlyMap<number, Component>, tables: ReadonlyMap<number, Codes>): Scan['blocks'] {
  if (data[0] !== components.size) return [];
  return Array.from({ length: components.size }, (_, place) => {
    const component = components.get(data[1 + 2 * place] as number);
    const numbers = data[2 + 2 * place] as number;
    const [dc, ac] = [tables.get(numbers >> 4), tables.get(AC | (numbers & 15))];
    if (component === undefined || dc === undefined || ac === undefined) return [];
    return Array<{ dc: Codes; ac: Codes }>(components.size === 1 ? 1 : component.across * component.down).fill({ dc, ac });
  }).flat();
}

const AC = 16;
/** Coefficients of a block; by so many a symbol goes on that ends it. */
export const END_OF_BLOCK = 64;
const SKIP_16 = 15;

/** One segment may hold several tables: a byte of class and number, 16 counts of codes of each length, then their symbols. */
function takeTables(data: Buffer, tables: Map<number, Codes>): void {
  for (let at = 0; at < data.length;) {
    const number = data[at] as number;
    const codes = new Uint16Array(1 << CODE_BITS);
    let symbol = at + 1 + CODE_BITS;
    let first = 0;
    for (let length = 1; length <= CODE_BITS; length++) {
      const span = 1 << (CODE_BITS - length);
      for (let left = data[at + length] ?? 0; left > 0; left--) {
        codes.fill(stepOf(data[symbol++] ?? 0, length, number < AC), first, first + span);
        first += span;
      }
    }
    tables.set(number, codes);
    at = symbol;
  }
}

function stepOf(symbol: number, length: number, dc: boolean): number {
  const [skipped, size] = dc ? [0, symbol] : [symbol >> 4, symbol & 15];
  const ends = !dc && size === 0 && skipped !== SKIP_16;
  return ((ends ? END_OF_BLOCK : skipped + 1) << 8) | (length + size);
}

/** The coded data between restart markers, without what is stuffed into them. */
export function intervalsOf(jpeg: Buffer, start: number): Buffer[] {
  const intervals: Buffer[] = [];
  let parts: Buffer[] = [];
  for (let from = start; ;) {
    let at = jpeg.indexOf(0xff, from);
    if (at < 0) at = jpeg.length;
    const marker = jpeg[at + 1];
    const stuffed = marker === 0;
    parts.push(jpeg.subarray(from, stuffed ? at + 1 : at));
    if (!stuffed) {
      intervals.push(Buffer.concat(parts));
      parts = [];
      if (marker === undefined || marker < 0xd0 || marker > 0xd7) return intervals;
    }
    from = at + 2;
  }
}
