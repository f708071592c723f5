/** A directory of a TIFF file or an EXIF block (TIFF 6.0, section 2): the first, or one that another leads to. What is damaged holds no entries, and an entry that points outside no values. */

const ENTRY_BYTES = 12;
const TYPES = { ascii: 2, short: 3, long: 4 } as const;
const NUMBER_BYTES: Readonly<Record<number, number>> = { [TYPES.short]: 2, [TYPES.long]: 4 };

export class TiffDirectory {
  /** Where the entry of each tag begins; the first, where a tag is there twice. */
  private readonly entries = new Map<number, number>();
  private readonly little: boolean;

  /** @param at offset of the directory; without it, of the first one. */
  constructor(
    private readonly tiff: Buffer,
    at?: number,
  ) {
    const order = tiff.toString('latin1', 0, 4);
    this.little = order === 'II*\0';
    if (!this.little && order !== 'MM\0*') return;
    const start = at ?? this.long(4);
    const end = Math.min(tiff.length, start + 2 + ENTRY_BYTES * this.short(start));
    for (let entry = start + 2; entry + ENTRY_BYTES <= end; entry += ENTRY_BYTES)
      if (!this.entries.has(this.short(entry))) this.entries.set(this.short(entry), entry);
  }

  /** Text of a tag, its bytes as they are. @param most bytes that are read; null where there is no text */
  text(tag: number, most: number): Buffer | null {
    const entry = this.entries.get(tag);
    if (entry === undefined || this.short(entry + 2) !== TYPES.ascii) return null;
    const length = this.long(entry + 4);
    const start = length <= 4 ? entry + 8 : this.long(entry + 8);
    return this.tiff.subarray(start, start + Math.min(length, most));
  }

  /** Whole numbers of a tag, of 16 or 32 bits; none where there are none. */
  numbers(tag: number): readonly number[] {
    const entry = this.entries.get(tag);
    const width = entry === undefined ? undefined : NUMBER_BYTES[this.short(entry + 2)];
    if (entry === undefined || width === undefined) return [];
    const count = this.long(entry + 4);
    const start = count * width <= 4 ? entry + 8 : this.long(entry + 8);
    if (start + count * width > this.tiff.length) return [];
    return Array.from({ length: count }, (_, place) => (width === 2 ? this.short(start + 2 * place) : this.long(start + 4 * place)));
  }

  private short(at: number): number {
    if (at + 2 > this.tiff.length) return 0;
    return this.little ? this.tiff.readUInt16LE(at) : this.tiff.readUInt16BE(at);
  }

  private long(at: number): number {
    if (at + 4 > this.tiff.length) return 0;
    return this.little ? this.tiff.readUInt32LE(at) : this.tiff.readUInt32BE(at);
  }
}
