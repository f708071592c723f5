/**
 * One photo's bytes to upright sRGB, 8 bits, RGB. What sharp does not do by itself is asked for here, once (design §8): the EXIF
 * orientation, a limit of pixels, a full decode (its shrink-on-load hides damage), an error for each warning of the decoder, and the linear
 * kernel, which agrees with torchvision's antialiased bilinear resize within 1 but for the outermost row and column, as long as the photo is less than
 * four times the square; larger ones libvips averages in boxes first, and differs more at edges. A photo that is
 * smaller than the square (224 to 255 px) it enlarges with half a pixel's shift.
 */
import sharp, { type Sharp } from 'sharp';
import { Problem } from '../../configs/problem.js';
import { centreOffset, resizedSides } from './geometry.js';
import { readIcc, type IccProfile } from './icc.js';

/** What a photo's header says. Width and height are those of the upright photo, in pixels. */
export interface PhotoHeader {
  readonly format: string;
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1 (upright) to 8. */
  readonly orientation: number;
  /** sharp's name of the encoding: `srgb`, `b-w`, `cmyk`, `rgb16`, `grey16`, `lab`. */
  readonly space: string;
  /** Of one channel: `uchar` is 8 bits. */
  readonly depth: string;
  /** More than one: an animation or a document. */
  readonly pages: number;
  readonly hasAlpha: boolean;
  /** Null where the photo carries none: untagged photos are sRGB by convention. */
  readonly icc: IccProfile | null;
  /** The EXIF block; null without one. */
  readonly exif: Buffer | null;
  /** A PNG's text named Software; null without it. */
  readonly software: string | null;
}

/** What must be known of a photo before it is decoded. */
export type Frame = Pick<PhotoHeader, 'width' | 'height' | 'icc'>;

/** Pixels of a photo: `width * height * 3` bytes, RGB interleaved, rows from the top. */
export interface Pixels {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Photos that are decoded at once: each takes one thread (design §8) of Node's pool, whose size bin/emo-aen.cjs says. */
export const PHOTOS_IN_FLIGHT = Number(process.env.UV_THREADPOOL_SIZE ?? 4);

/** Reads the header alone; nothing is decoded, so a pixel bomb does no harm. @throws Problem PHOTO for what is no image. */
export async function readHeader(bytes: Buffer): Promise<PhotoHeader> {
  const metadata = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch((cause: unknown) => {
      throw unreadable(cause);
    });
  return {
    format: metadata.format,
    width: metadata.autoOrient.width,
    height: metadata.autoOrient.height,
    orientation: metadata.orientation ?? 1,
    space: metadata.space,
    depth: metadata.depth,
    pages: metadata.pages ?? 1,
    hasAlpha: metadata.hasAlpha,
    icc: metadata.icc === undefined ? null : readIcc(metadata.icc),
    exif: metadata.exif ?? null,
    software: metadata.comments?.find(({ keyword }) => keyword === 'Software')?.text ?? null,
  };
}

/** The central square of the photo after resizing its shortest side to `size`: size x size x 3 bytes. @throws Problem PHOTO where it is damaged. */
export async function decodeSquare(bytes: Buffer, header: Frame, size: number): Promise<Buffer> {
  const { data } = await decode(squareOf(wholePhoto(bytes, header), header, size));
  return data;
}

/** The whole photo at its own size. @throws Problem PHOTO where it is damaged. */
export async function decodeWhole(bytes: Buffer, header: Frame): Promise<Pixels> {
  return decode(wholePhoto(bytes, header));
}

/** A square, and whether the photo's alpha channel, where it has one, hides nothing. */
export interface Looked {
  readonly square: Buffer;
  readonly opaque: boolean;
}

/** {@link decodeSquare} and, of the same decoding, every pixel's alpha. @throws Problem PHOTO where it is damaged. */
export async function lookAtSquare(bytes: Buffer, header: Frame & Pick<PhotoHeader, 'hasAlpha'>, size: number): Promise<Looked> {
  if (!header.hasAlpha) return { square: await decodeSquare(bytes, header, size), opaque: true };
  const { data, info } = await wholePhoto(bytes, header)
    .toColourspace('srgb')
    .ensureAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw unreadable(cause);
    });
  const raw = { width: info.width, height: info.height, channels: 4 } as const;
  const square = await decode(squareOf(sharp(data, { raw, limitInputPixels: false }), header, size));
  return { square: square.data, opaque: allOpaque(data) };
}

/** The same by way of a decoder that shrinks as it loads: several times faster, and blind to damage inside the file and to alpha. */
export async function glanceAtSquare(bytes: Buffer, header: Frame, size: number): Promise<Looked> {
  const { data } = await decode(squareOf(photoOf(bytes, header), header, size));
  return { square: data, opaque: true };
}

/** Of pixels with four channels, the last of which is alpha. */
function allOpaque(pixels: Buffer): boolean {
  for (let at = 3; at < pixels.length; at += 4) if (pixels[at] !== 255) return false;
  return true;
}

function squareOf(photo: Sharp, { width, height }: Frame, size: number): Sharp {
  const sides = resizedSides(width, height, size);
  return photo
    .resize({ ...sides, fit: 'fill', kernel: 'linear' })
    .extract({ left: centreOffset(sides.width, size), top: centreOffset(sides.height, size), width: size, height: size });
}

/** A pipeline that decodes all of the photo before anything else: `extract` in front keeps sharp from shrinking on load. */
export function wholePhoto(bytes: Buffer, header: Frame): Sharp {
  return photoOf(bytes, header).extract({ left: 0, top: 0, width: header.width, height: header.height });
}

function photoOf(bytes: Buffer, header: Frame): Sharp {
  sharp.concurrency(1);
  // No photo is decoded twice: remembering what was done costs 5 % and finds nothing.
  sharp.cache(false);
  // Transforming from sRGB to sRGB changes nothing and doubles a PNG's time.
  const ignoreIcc = header.icc?.srgb !== false;
  return sharp(bytes, { failOn: 'warning', limitInputPixels: header.width * header.height, autoOrient: true, ignoreIcc });
}

async function decode(pipeline: Sharp): Promise<Pixels> {
  const { data, info } = await pipeline
    .removeAlpha()
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw unreadable(cause);
    });
  if (info.channels !== 3) throw new Problem({ code: 'PHOTO', message: `decodes to ${info.channels} channels instead of 3` });
  return { data, width: info.width, height: info.height };
}

/** A decoder's error as a Problem. */
export function unreadable(cause: unknown): Problem {
  const message = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
  return new Problem({ code: 'PHOTO', message, cure: 'replace the file by a whole photo', cause });
}
