/** The segments of a JPEG in front of its picture (ITU-T T.81, B.1.1.3). The page in the browser reads them too: nothing here is of Node. */

export interface Segment<Bytes extends Uint8Array> {
  readonly marker: number;
  /** Without marker and length. */
  readonly data: Bytes;
}

export const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
const isBare = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

/**
 * Up to the first scan with its own segment, and on from there as if no data followed: a caller stops at it. Bytes between two segments are passed over,
 * as decoders do.
 */
export function* segmentsBeforeScan<Bytes extends Uint8Array>(bytes: Bytes): Generator<Segment<Bytes>> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  for (;;) {
    at = bytes.indexOf(0xff, at);
    const marker = bytes[at + 1];
    if (at < 0 || marker === undefined || marker === END_OF_IMAGE) return;
    if (marker === 0xff) at += 1;
    else if (marker === 0) at += 2;
    else if (isBare(marker)) at += 2;
    else {
      if (at + 4 > bytes.length) return;
      const end = at + 2 + view.getUint16(at + 2);
      if (end > bytes.length || end < at + 4) return;
      // A part of a Buffer is a Buffer.
      yield { marker, data: bytes.subarray(at + 4, end) as Bytes };
      at = end;
    }
  }
}
