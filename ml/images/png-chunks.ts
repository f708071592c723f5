/** The chunks of a PNG (PNG third edition, 5.3), whatever they hold. */

export interface PngChunk {
  readonly type: string;
  readonly data: Buffer;
  /** Offset just behind the chunk; past the end of the file where the file breaks off. */
  readonly end: number;
}

const SIGNATURE_BYTES = 8;
/** Length and type in front, a checksum behind. */
const AROUND = 12;

export function* pngChunks(png: Buffer): Generator<PngChunk> {
  for (let at = SIGNATURE_BYTES; at + AROUND <= png.length;) {
    const length = png.readUInt32BE(at);
    const end = at + AROUND + length;
    yield { type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length), end };
    at = end;
  }
}
