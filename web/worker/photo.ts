/** A photo file to the square that the model sees and a small picture of it. */
import { CentralSquare } from '../shared/resize.js';
import { insistOnBytes } from '../shared/refusal.js';
import { Trouble } from '../shared/trouble.js';
import { conversionOf, type Conversion } from './colours.js';

export interface Seen {
  /** crop x crop x 3 bytes. */
  readonly square: Uint8Array;
  readonly thumbnail: ImageBitmap;
}

/** Pixels that are taken out of the decoded photo at once: 16 MB of them. */
const PIXELS_AT_ONCE = 4_000_000;
const THUMBNAIL = 192;

/** Upright by its EXIF orientation and in sRGB. @throws Trouble where `emo-aen rank` refuses it, or this browser does not read it */
export async function seePhoto(photo: Blob, { resize, crop }: { readonly resize: number; readonly crop: number }): Promise<Seen> {
  const bytes = new Uint8Array(await photo.arrayBuffer());
  insistOnBytes(bytes);
  const convert = conversionOf(bytes);
  const bitmap = await createImageBitmap(photo, {
    imageOrientation: 'from-image',
    premultiplyAlpha: 'none',
    colorSpaceConversion: convert === null ? 'default' : 'none',
  }).catch((cause: unknown) => {
    throw new Trouble({
      message: 'This browser cannot read the photo to its end',
      cure: 'Save it anew as JPEG or PNG',
      cause,
    });
  });
  try {
    return { square: squareOf(bitmap, resize, crop, convert), thumbnail: await thumbnailOf(bitmap, convert) };
  } finally {
    bitmap.close();
  }
}

function squareOf(bitmap: ImageBitmap, resize: number, crop: number, convert: Conversion | null): Uint8Array {
  const square = new CentralSquare(bitmap.width, bitmap.height, resize, crop);
  const { left, top, width, height } = square.region;
  const rows = Math.max(1, Math.min(height, Math.floor(PIXELS_AT_ONCE / width)));
  const context = contextOf(new OffscreenCanvas(width, rows), true);
  for (let row = 0; row < height; row += rows) {
    const count = Math.min(rows, height - row);
    context.clearRect(0, 0, width, count);
    context.drawImage(bitmap, left, top + row, width, count, 0, 0, width, count);
    const { data } = context.getImageData(0, 0, width, count);
    convert?.(data);
    square.addRows(data);
  }
  return square.pixels();
}

/** The whole photo, its longer side THUMBNAIL at the most. */
async function thumbnailOf(bitmap: ImageBitmap, convert: Conversion | null): Promise<ImageBitmap> {
  const ratio = Math.min(1, THUMBNAIL / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * ratio));
  const height = Math.max(1, Math.round(bitmap.height * ratio));
  const canvas = new OffscreenCanvas(width, height);
  const context = contextOf(canvas, convert !== null);
  context.imageSmoothingQuality = 'medium';
  context.drawImage(bitmap, 0, 0, width, height);
  if (convert !== null) {
    const shown = context.getImageData(0, 0, width, height);
    convert(shown.data);
    context.putImageData(shown, 0, 0);
  }
  return canvas.transferToImageBitmap();
}

/** @param read whether its pixels are read back, for which the browser keeps them in main memory */
function contextOf(canvas: OffscreenCanvas, read: boolean): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext('2d', { willReadFrequently: read, colorSpace: 'srgb' });
  if (context === null) throw new Trouble({ message: 'This browser gives no canvas to read photos with', cure: 'Use a newer browser' });
  return context;
}
