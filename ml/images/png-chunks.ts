/** The chunks of a PNG (PNG third edition, 5.3), whatever they hold. The page in the browser reads them too: nothing here is of Node. */

export interface PngChunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** Offset just behind the chunk; past the end of the file where the file breaks off. */
  readonly end: number;
}

const SIGNATURE_BYTES = 8;
/** Length and type in front, a checksum behind. */
const AROUND = 12;

export function* pngChunks(png: Uint8Array): Generator<PngChunk> {
  const view = new DataView(png.buffer, png.byteOffset, png.length);
  for (let at = SIGNATURE_BYTES; at + AROUND <= png.length;) {
    const length = view.getUint32(at);
    const end = at + AROUND + length;
    yield { type: String.fromCharCode(...png.subarray(at + 4, at + 8)), data: png.subarray(at + 8, at + 8 + length), end };
    at = end;
  }
}
