/**
 * Only the processes of decoders/ run this: a photo may crash them. One photo's bytes to upright sRGB, 8 bits, RGB: as the square that is looked at and trained on, by our decoder (decoder.ts), or as a whole, by sharp. What
 * sharp does not do by itself is asked for here, once (design §8): the EXIF orientation, a limit of pixels, a full decode (its
 * shrink-on-load hides damage), an error for each warning of the decoder.
 */
import sharp, { type Sharp } from 'sharp';
import { Problem } from '../../configs/problem.js';
import { loadDecoder, type Decoding } from './decoder.js';
import { centreOffset, resizedSides } from './geometry.js';
import { colourOf, type Colour } from './colour-source.js';

// No photo is decoded twice: remembering what was done costs 5 % and finds nothing. That is libvips', which all threads share and the decoder uses too.
sharp.cache(false);

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
  /** What the photo says of its colours; null where it says nothing: such photos are sRGB by convention. */
  readonly colour: Colour | null;
  /** The EXIF block; null without one. */
  readonly exif: Buffer | null;
  /** A PNG's text named Software; null without it. */
  readonly software: string | null;
}

/** What must be known of a photo before it is decoded. */
export type Frame = Pick<PhotoHeader, 'width' | 'height' | 'orientation' | 'colour'>;

/** Pixels of a photo: `width * height * 3` bytes, RGB interleaved, rows from the top. */
export interface Pixels {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Reads the header alone; nothing is decoded, so a pixel bomb does no harm. @throws Problem PHOTO for what is no image. */
export async function readHeader(bytes: Buffer): Promise<PhotoHeader> {
  const metadata = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch((cause: unknown) => {
      throw unreadable(cause);
    });
  const { format, space, icc = null, exif = null } = metadata;
  return {
    format,
    width: metadata.autoOrient.width,
    height: metadata.autoOrient.height,
    orientation: metadata.orientation ?? 1,
    space,
    depth: metadata.depth,
    pages: metadata.pages ?? 1,
    hasAlpha: metadata.hasAlpha,
    colour: colourOf(bytes, { format, space, icc, exif }),
    exif,
    software: metadata.comments?.find(({ keyword }) => keyword === 'Software')?.text ?? null,
  };
}

/** A square, and whether the photo's alpha channel, where it has one, hides nothing. */
export interface Looked {
  /** size x size x 3 bytes. */
  readonly square: Buffer;
  readonly opaque: boolean;
}

/** The central square of the photo after resizing its shortest side to `size`, from every pixel of it. @throws Problem PHOTO where it is damaged. */
export function lookAtSquare(bytes: Buffer, frame: Frame, size: number): Promise<Looked> {
  return squareOf(bytes, frame, size, { shrink: 1, loader: '' });
}

/** The same by way of decoders that shrink as they load: of a large JPEG several times faster. */
export function glanceAtSquare(bytes: Buffer, frame: Frame & Pick<PhotoHeader, 'format'>, size: number): Promise<Looked> {
  const factor = Math.min(frame.width, frame.height) / size;
  const shrink = [8, 4, 2].find((step) => step <= factor) ?? 1;
  // WebP's decoder alone shrinks as well; others know no such word.
  return squareOf(bytes, frame, size, { shrink, loader: frame.format === 'webp' ? `[scale=${1 / shrink}]` : '' });
}

/** The square of {@link lookAtSquare}: size x size x 3 bytes. @throws Problem PHOTO where the photo is damaged. */
export async function decodeSquare(bytes: Buffer, frame: Frame, size: number): Promise<Buffer> {
  const { square } = await lookAtSquare(bytes, frame, size);
  return square;
}

/** Reads every code of a baseline JPEG and decodes nothing, so that damage shows that a decoder takes without a word. @throws Problem PHOTO where it does. */
export async function readCodes(jpeg: Buffer): Promise<void> {
  await squareOf(jpeg, { width: 1, height: 1, orientation: 1, colour: null }, 1, { shrink: 8, loader: '' });
}

/** The whole photo at its own size. @throws Problem PHOTO where it is damaged. */
export async function decodeWhole(bytes: Buffer, header: Frame): Promise<Pixels> {
  return decode(wholePhoto(bytes, header));
}

async function squareOf(bytes: Buffer, frame: Frame, size: number, by: Pick<Decoding, 'shrink' | 'loader'>): Promise<Looked> {
  const decoder = await loadDecoder();
  const { width, height } = resizedSides(frame.width, frame.height, size);
  const [left, top] = [centreOffset(width, size), centreOffset(height, size)];
  const crop = { resizedWidth: width, resizedHeight: height, left, top, size, orientation: frame.orientation };
  const square = Buffer.allocUnsafeSlow(size * size * 3);
  const opaque = await decoder
    .decodeSquare(bytes, square, crop, { ...by, ignoreProfile: isSrgb(frame) ? 1 : 0 })
    .catch((cause: unknown) => {
      throw unreadable(cause);
    });
  return { square, opaque };
}

function isSrgb({ colour }: Frame): boolean {
  return colour?.srgb !== false;
}

/** A pipeline that decodes all of the photo before anything else: `extract` in front keeps sharp from shrinking on load. */
export function wholePhoto(bytes: Buffer, header: Frame): Sharp {
  sharp.concurrency(1);
  // Transforming from sRGB to sRGB changes nothing and doubles a PNG's time.
  const ignoreIcc = isSrgb(header);
  const options = { failOn: 'warning', limitInputPixels: header.width * header.height, autoOrient: true, ignoreIcc } as const;
  return sharp(bytes, options).extract({ left: 0, top: 0, width: header.width, height: header.height });
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
