/** A small picture of one photo. */
import sharp from 'sharp';
import { readHeader } from '../decode.js';
import type { Begin } from '../decoders/jobs.js';
import { legible } from '../legible.js';
import { inOwnWords, wordsOf } from '../own-words.js';

/** Longest side, in pixels. */
const SIDE = 144;
const QUALITY = 50;

/** A picture as a data URI, or why there is none. */
export type Thumbnail = { readonly uri: string; readonly width: number; readonly height: number } | { readonly none: string };

/** Of a damaged photo what can be seen of it; shrinking while loading is welcome here. */
export async function thumbnailOf(bytes: Buffer, maxPixels: number, begin: Begin): Promise<Thumbnail> {
  try {
    const header = await readHeader(bytes);
    if (header.width * header.height > maxPixels) return { none: `no picture: it has more than ${maxPixels} pixels` };
    const photo = await legible(bytes, header, begin);
    const picture = sharp(photo, { failOn: 'none', limitInputPixels: maxPixels, autoOrient: true })
      .resize({ width: SIDE, height: SIDE, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: QUALITY, effort: 2 });
    const { data, info } = await inOwnWords(() => picture.toBuffer({ resolveWithObject: true }));
    return { uri: `data:image/webp;base64,${data.toString('base64')}`, width: info.width, height: info.height };
  } catch (error) {
    // The page is about broken photos: that one has no picture is shown in its place.
    return { none: `no picture: ${wordsOf(error instanceof Error ? error.message : String(error))}` };
  }
}
