/** Whether a photo is whole, for those who decode it by other means than ours. */
import { checkData } from './data-checks.js';
import { decodeSquare, type PhotoHeader } from './decode.js';

/** Decodes every pixel for nothing. @throws Problem PHOTO where data are missing or made up */
export async function insistOnWhole(bytes: Buffer, header: PhotoHeader): Promise<void> {
  await decodeSquare(bytes, header, 1);
  await checkData(bytes, header.format);
}
