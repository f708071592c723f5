/** What a JPEG is coded in, where no decoder here reads it. The page in the browser asks here too: nothing here is of Node. */
import { segmentsBeforeScan } from './jpeg-segments.js';

/** Markers of frames (ITU-T T.81, table B.1; T.87) that libjpeg knows no decoder for. */
const FRAMES: Readonly<Record<number, string>> = {
  0xc3: 'lossless JPEG',
  0xc5: 'hierarchical JPEG',
  0xc6: 'hierarchical JPEG',
  0xc7: 'hierarchical JPEG',
  0xcb: 'lossless JPEG',
  0xcd: 'hierarchical JPEG',
  0xce: 'hierarchical JPEG',
  0xcf: 'hierarchical JPEG',
  0xf7: 'JPEG-LS',
};
const READ_FRAMES: readonly number[] = [0xc0, 0xc1, 0xc2, 0xc9, 0xca];

export function isFrame(marker: number): boolean {
  return READ_FRAMES.includes(marker) || marker in FRAMES;
}

/** In words that follow "is coded in"; null where nothing is known against it. */
export function unreadJpeg(bytes: Uint8Array): string | null {
  for (const { marker, data } of segmentsBeforeScan(bytes)) {
    const name = FRAMES[marker];
    if (name !== undefined) return name;
    if (READ_FRAMES.includes(marker)) return data[0] === 8 ? null : `JPEG with ${data[0] ?? 0} bits a sample`;
  }
  return null;
}
