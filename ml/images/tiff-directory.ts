/**
 * The first directory of a TIFF file or an EXIF block (TIFF 6.0, section 2), or of a BigTIFF file, which counts in 64 bits. What is damaged holds no
 * entries, and an entry that points outside no values.
 */

const TYPES = { ascii: 2, short: 3, long: 4, long8: 16 } as const;
const NUMBER_BYTES: Readonly<Record<number, number>> = { [TYPES.short]: 2, [TYPES.long]: 4, [TYPES.long8]: 8 };

/** Bytes of the directory's count of entries, of an entry, and of what an entry holds itself, which is as much as an offset. */
interface Layout {
  readonly count: 2 | 8;
  readonly entry: number;
  readonly value: 4 | 8;
}
const PLAIN: Layout = { count: 2, entry: 12, value: 4 };
const BIG: Layout = { count: 8, entry: 20, value: 8 };

/** By the first four bytes. */
const KINDS: Readonly<Record<string, { readonly little: boolean; readonly layout: Layout }>> = {
  'II*\0': { little: true, layout: PLAIN },
  'MM\0*': { little: false, layout: PLAIN },
  'II+\0': { little: true, layout: BIG },
  'MM\0+': { little: false, layout: BIG },
};

export function isTiff(bytes: Buffer): boolean {
  return Object.hasOwn(KINDS, bytes.toString('latin1', 0, 4));
}

export class TiffDirectory {
  /** Where the entry of each tag begins; the first, where a tag is there twice. */
  private readonly entries = new Map<number, number>();
  private readonly little: boolean;
  private readonly layout: Layout;
  private readonly start: number;

  constructor(private readonly tiff: Buffer) {
    const kind = KINDS[tiff.toString('latin1', 0, 4)];
    this.little = kind?.little ?? true;
    this.layout = kind?.layout ?? PLAIN;
    const { count, entry: step, value } = this.layout;
    this.start = this.number(value, value);
    if (kind === undefined) return;
    const end = Math.min(tiff.length, this.start + count + step * this.number(this.start, count));
    for (let entry = this.start + count; entry + step <= end; entry += step) {
      const tag = this.number(entry, 2);
      if (!this.entries.has(tag)) this.entries.set(tag, entry);
    }
  }

  has(tag: number): boolean {
    return this.entries.has(tag);
  }

  /** Text of a tag, its bytes as they are. @param most bytes that are read; null where there is no text */
  text(tag: number, most: number): Buffer | null {
    const entry = this.entries.get(tag);
    if (entry === undefined || this.number(entry + 2, 2) !== TYPES.ascii) return null;
    const { count, start } = this.values(entry, 1);
    return this.tiff.subarray(start, start + Math.min(count, most));
  }

  /** Whole numbers of a tag, of 16, 32 or 64 bits; none where there are none. */
  numbers(tag: number): readonly number[] {
    const entry = this.entries.get(tag);
    const width = entry === undefined ? undefined : NUMBER_BYTES[this.number(entry + 2, 2)];
    if (entry === undefined || width === undefined) return [];
    const { count, start } = this.values(entry, width);
    if (start + count * width > this.tiff.length) return [];
    return Array.from({ length: count }, (_, place) => this.number(start + width * place, width));
  }

  /** A copy of the file whose only directory holds the tags that `keeps` says, each once and in order; null where it does already. */
  reduced(keeps: (tag: number) => boolean): Buffer | null {
    const { count, entry: step, value } = this.layout;
    const kept = [...this.entries].filter(([tag]) => keeps(tag)).sort(([a], [b]) => a - b);
    const entries = Buffer.concat(kept.map(([, entry]) => this.tiff.subarray(entry, entry + step)));
    const from = this.start + count;
    if (kept.length === this.number(this.start, count) && entries.equals(this.tiff.subarray(from, from + entries.length))) return null;
    const copy = Buffer.from(this.tiff);
    entries.copy(copy, from);
    // No directory follows.
    copy.fill(0, from + entries.length, from + entries.length + value);
    this.put(copy, this.start, count, kept.length);
    return copy;
  }

  /** How many values of so many bytes an entry has, and where they are. */
  private values(entry: number, width: number): { readonly count: number; readonly start: number } {
    const { value } = this.layout;
    const count = this.number(entry + 4, value);
    const held = entry + 4 + value;
    return { count, start: count * width <= value ? held : this.number(held, value) };
  }

  /** 0 behind the end; past 2^53 not exact, which is outside of any file. */
  private number(at: number, width: number): number {
    if (at + width > this.tiff.length) return 0;
    if (width === 2) return this.little ? this.tiff.readUInt16LE(at) : this.tiff.readUInt16BE(at);
    if (width === 4) return this.little ? this.tiff.readUInt32LE(at) : this.tiff.readUInt32BE(at);
    return Number(this.little ? this.tiff.readBigUInt64LE(at) : this.tiff.readBigUInt64BE(at));
  }

  private put(bytes: Buffer, at: number, width: 2 | 8, value: number): void {
    const highestFirst = Buffer.alloc(8);
    highestFirst.writeBigUInt64BE(BigInt(value));
    const last = highestFirst.subarray(8 - width);
    (this.little ? last.reverse() : last).copy(bytes, at);
  }
}
