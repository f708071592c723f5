/**
 * Only the processes of decoders/ run this: a photo may crash them. One photo's bytes to upright sRGB, 8 bits, RGB: as the square that is looked at and trained on, by our decoder (decoder.ts), or as a whole, by sharp. What
 * sharp does not do by itself is asked for here, once (design §8): the EXIF orientation, a limit of pixels, a full decode (its
 * shrink-on-load hides damage). Whether a photo is damaged our decoder tells alone, by the table of native/remarks.cc.
 */
import sharp, { type Sharp } from 'sharp';
import { Problem } from '../../configs/problem.js';
import { loadDecoder, type Decoding } from './decoder.js';
import { centreOffset, resizedSides } from './geometry.js';
import { colourOf, type Colour } from './colour-source.js';
import { inOwnWords, wordsOf } from './own-words.js';
import { isTiff } from './tiff-directory.js';
import { hasTiles, withPixelTags } from './tiff-tags.js';

// No photo is decoded twice: remembering what was done costs 5 % and finds nothing. That is libvips', which all threads share and the decoder uses too.
sharp.cache(false);

/** What a photo's header says. Width and height are those of the upright photo, in pixels. */
export interface PhotoHeader {
  /** As sharp names it; of HEIF that is coded in HEVC: `heic`. */
  readonly format: string;
  /** Of HEIF, what its picture is coded in: `av1` of AVIF, `hevc`; null where nobody knows, and of other formats. */
  readonly compression: string | null;
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
  const metadata = await inOwnWords(() => sharp(bytes, { limitInputPixels: false }).metadata()).catch((cause: unknown) => {
    throw unreadable(cause);
  });
  const { space, compression = null, icc = null, exif = null } = metadata;
  const format = compression === 'hevc' ? 'heic' : metadata.format;
  return {
    format,
    compression,
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

/** Remarks of libvips' own decoders count as damage; libtiff's are judged one by one. */
const STRICT = 'fail_on=warning';
const WHOLE: By = { shrink: 1, loader: STRICT, insistOnEnd: 0 };

/** The central square of the photo after resizing its shortest side to `size`, from every pixel of it. @throws Problem PHOTO where it is damaged. */
export function lookAtSquare(bytes: Buffer, frame: Frame, size: number): Promise<Looked> {
  return squareOf(bytes, frame, size, WHOLE);
}

/** The same by way of decoders that shrink as they load: of a large JPEG several times faster. */
export function glanceAtSquare(bytes: Buffer, frame: Frame & Pick<PhotoHeader, 'format'>, size: number): Promise<Looked> {
  const factor = Math.min(frame.width, frame.height) / size;
  const shrink = [8, 4, 2].find((step) => step <= factor) ?? 1;
  // WebP's decoder alone shrinks as well; others know no such word.
  return squareOf(bytes, frame, size, { ...WHOLE, shrink, loader: frame.format === 'webp' ? `${STRICT},scale=${1 / shrink}` : STRICT });
}

/** The square of {@link lookAtSquare}: size x size x 3 bytes. @throws Problem PHOTO where the photo is damaged. */
export async function decodeSquare(bytes: Buffer, frame: Frame, size: number): Promise<Buffer> {
  const { square } = await lookAtSquare(bytes, frame, size);
  return square;
}

/** Reads every code of a baseline JPEG and decodes nothing, so that damage shows that a decoder takes without a word. @throws Problem PHOTO where it does. */
export async function readCodes(jpeg: Buffer): Promise<void> {
  await squareOf(jpeg, { width: 1, height: 1, orientation: 1, colour: null }, 1, { shrink: 8, loader: STRICT, insistOnEnd: 1 });
}

/** The whole photo at its own size. @param bytes of a photo that is known to be sound @throws Problem PHOTO where it cannot be decoded. */
export async function decodeWhole(bytes: Buffer, header: Frame): Promise<Pixels> {
  return inOwnWords(() => decode(wholePhoto(bytes, header))).catch((cause: unknown) => {
    throw unreadable(cause);
  });
}

type By = Pick<Decoding, 'shrink' | 'loader' | 'insistOnEnd'>;

async function squareOf(bytes: Buffer, frame: Frame, size: number, by: By): Promise<Looked> {
  try {
    return await inOwnWords(() => squareBy(bytes, frame, size, by));
  } catch (cause) {
    // A tag that has nothing to do with the pixels may be wrong.
    const plain = withPixelTags(bytes);
    if (plain === null) throw unreadable(cause);
    return inOwnWords(() => squareBy(plain, frame, size, by)).catch((again: unknown) => {
      throw unreadable(again);
    });
  }
}

async function squareBy(bytes: Buffer, frame: Frame, size: number, by: By): Promise<Looked> {
  const decoder = await loadDecoder();
  const { width, height } = resizedSides(frame.width, frame.height, size);
  const [left, top] = [centreOffset(width, size), centreOffset(height, size)];
  const crop = { resizedWidth: width, resizedHeight: height, left, top, size, orientation: frame.orientation };
  const square = Buffer.allocUnsafeSlow(size * size * 3);
  const loader = `[${isInStrips(bytes) ? STRIPS : by.loader}]`;
  const opaque = await decoder.decodeSquare(bytes, square, crop, { ...by, loader, ignoreProfile: isSrgb(frame) ? 1 : 0 });
  return { square, opaque };
}

/** Of a TIFF in strips libvips would take every remark for damage; of one in tiles it would pass over errors if it did not. */
const STRIPS = 'fail_on=error';

function isInStrips(bytes: Buffer): boolean {
  return isTiff(bytes) && !hasTiles(bytes);
}

function isSrgb({ colour }: Frame): boolean {
  return colour?.srgb !== false;
}

/** A pipeline for a photo that is known to be sound. It decodes all of the photo before anything else: `extract` in front keeps sharp from shrinking on load. */
export function wholePhoto(bytes: Buffer, header: Frame): Sharp {
  sharp.concurrency(1);
  // Transforming from sRGB to sRGB changes nothing and doubles a PNG's time.
  const ignoreIcc = isSrgb(header);
  const options = { failOn: 'none', limitInputPixels: header.width * header.height, autoOrient: true, ignoreIcc } as const;
  return sharp(bytes, options).extract({ left: 0, top: 0, width: header.width, height: header.height });
}

async function decode(pipeline: Sharp): Promise<Pixels> {
  const { data, info } = await pipeline.removeAlpha().toColourspace('srgb').raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Problem({ code: 'PHOTO', message: `decodes to ${info.channels} channels instead of 3` });
  return { data, width: info.width, height: info.height };
}

/** A decoder's error as a Problem. */
export function unreadable(cause: unknown): Problem {
  if (cause instanceof Problem) return cause;
  const message = wordsOf(cause instanceof Error ? cause.message : String(cause));
  return new Problem({ code: 'PHOTO', message, cure: 'replace the file by a whole photo', cause });
}
