/** Damage that decoders pass over in silence, and that the data themselves tell all the same. */
import { checkJpegData } from './jpeg-data.js';
import { checkTiffBlocks } from './tiff-blocks.js';
import { checkWebpData } from './webp-data.js';

const CHECKS: Readonly<Record<string, (bytes: Buffer) => Promise<void> | void>> = {
  jpeg: checkJpegData,
  tiff: checkTiffBlocks,
  webp: checkWebpData,
};

/** @param bytes of a photo that its decoder took as a whole @param format as its header says @throws Problem PHOTO where it is damaged */
export async function checkData(bytes: Buffer, format: string): Promise<void> {
  await CHECKS[format]?.(bytes);
}
