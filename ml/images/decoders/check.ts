/** Decodes a picture that is surely sound, so that what is wrong with this machine is not blamed on a photo. */
import sharp from 'sharp';
import { decodeSquare, readHeader } from '../decode.js';

const SIDE = 16;

/** By each of our two ways: JPEG, and everything else. @throws Problem ENVIRONMENT where the decoder cannot be loaded */
export async function checkDecoders(): Promise<void> {
  const grey = sharp({ create: { width: SIDE, height: SIDE, channels: 3, background: 'grey' } });
  for (const picture of [grey.clone().jpeg(), grey.clone().png()]) {
    const bytes = await picture.toBuffer();
    await decodeSquare(bytes, await readHeader(bytes), SIDE / 2);
  }
}
