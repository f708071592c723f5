/** What the bytes of one photo tell (method §2.2), whatever its file is called: header, container, every pixel, and the square that all else is made from. */
import { Problem } from '../../configs/problem.js';
import type { AuditReport } from '../../configs/schema/audit.js';
import type { DatasetSettings } from '../../configs/schema/dataset.js';
import { endOfPicture } from './container.js';
import { checkData } from './data-checks.js';
import { glanceAtSquare, lookAtSquare, type PhotoHeader } from './decode.js';
import { encoderOf } from './encoder.js';
import type { FindingCode } from './findings.js';
import type { Begin } from './decoders/jobs.js';
import type { Content } from './inspections.js';
import { legible } from './legible.js';
import { failureOf, openPhoto } from './opened.js';
import { photoHashes } from './photo-hashes.js';
import { AUDITED_SIDE, tileDigest } from './tiles.js';

/** How a photo is decoded: every pixel of it, or only as many as a small picture needs. */
export type Mode = AuditReport['mode'];

type Limits = DatasetSettings['photos'];
type Fault = Content['faults'][number];

export interface LookOptions {
  readonly mode: Mode;
  readonly limits: Limits;
  readonly begin: Begin;
}

export interface Looked {
  readonly content: Content;
  /** 256 x 256 x 3 bytes, RGB; null where the photo could not be decoded, or was not decoded as a whole. */
  readonly square: Buffer | null;
}

/** Bytes that are no photo are told as faults, not thrown. */
export async function lookAt(bytes: Buffer, options: LookOptions): Promise<Looked> {
  const faults: Fault[] = [];
  const header = await headerOf(bytes, options.limits, faults);
  const square = header === null ? null : await decodedSquare(bytes, header, options, faults);
  const content: Content = {
    bytes: bytes.length,
    format: header?.format ?? null,
    sides: header === null ? null : { width: header.width, height: header.height },
    orientation: header?.orientation ?? null,
    ...(header === null ? { quality: null, encoder: null } : encoderOf(bytes, header)),
    pixels: square === null ? null : tileDigest(square),
    hashes: square === null ? null : photoHashes(square),
    faults,
  };
  return { content, square: options.mode === 'full' ? square : null };
}

async function headerOf(bytes: Buffer, limits: Limits, faults: Fault[]): Promise<PhotoHeader | null> {
  const { header, refusals } = await openPhoto(bytes);
  faults.push(...refusals.map(([code, message]): Fault => [code, message]));
  // Nothing is known for sure of what is coded in another way.
  const isRead = refusals.every(([code]) => code !== 'wrong-format');
  if (header !== null && isRead) faults.push(...headerFaults(header, limits), ...trailingBytes(bytes, header));
  return header;
}

function headerFaults(header: PhotoHeader, limits: Limits): Fault[] {
  const { width, height, orientation } = header;
  const colour = colourFault(header);
  const doubt = header.colour?.doubt ?? null;
  const rows: readonly (readonly [boolean, FindingCode, string])[] = [
    [width * height > limits.maxPixels, 'too-many-pixels', `is ${width} x ${height}, more than ${limits.maxPixels} pixels`],
    [Math.min(width, height) < limits.minSide, 'too-small', `is ${width} x ${height}, its shortest side under ${limits.minSide} px`],
    [colour !== null, 'not-srgb', colour ?? ''],
    [doubt !== null, 'unnamed-colours', doubt ?? ''],
    [orientation !== 1, 'turned', `is stored turned or mirrored (EXIF orientation ${orientation})`],
  ];
  return rows.flatMap(([wrong, code, message]) => (wrong ? [[code, message] satisfies Fault] : []));
}

const SPACE_NAMES: Readonly<Record<string, string>> = {
  'b-w': 'is grey: one channel instead of red, green and blue',
  cmyk: 'is encoded in CMYK',
  grey16: 'is grey, with 16 bits a channel',
  rgb16: 'has 16 bits a channel instead of 8',
};

/** How the encoding differs from sRGB of 8 bits a channel; null where it does not. */
function colourFault({ space, depth, colour }: PhotoHeader): string | null {
  if (space !== 'srgb') return SPACE_NAMES[space] ?? `is encoded in ${space}`;
  if (depth !== 'uchar') return `stores its channels as ${depth} instead of 8 bits`;
  return colour === null || colour.srgb ? null : `carries ${colour.name}, which is not sRGB`;
}

function trailingBytes(bytes: Buffer, { format }: PhotoHeader): Fault[] {
  const end = endOfPicture(bytes, format) ?? bytes.length;
  return end === bytes.length ? [] : [['trailing-bytes', `has ${bytes.length - end} bytes behind the picture`]];
}

/** What makes decoding pointless or dangerous. */
const UNDECODED: readonly FindingCode[] = ['wrong-format', 'animated', 'too-many-pixels', 'truncated'];

async function decodedSquare(
  bytes: Buffer,
  header: PhotoHeader,
  { mode, limits, begin }: LookOptions,
  faults: Fault[],
): Promise<Buffer | null> {
  if (faults.some(([code]) => UNDECODED.includes(code))) return null;
  const decode = mode === 'full' ? lookAtSquare : glanceAtSquare;
  try {
    const picture = await legible(bytes, header, begin);
    const { square, opaque } = await decode(picture, header, AUDITED_SIDE);
    await checkData(bytes, header.format);
    if (!opaque) faults.push(['transparent', 'is transparent in places']);
    const deviation = greyDeviation(square);
    if (deviation < limits.minDeviation)
      faults.push(['uniform', `is nearly uniform: its grey values differ by ${deviation.toFixed(1)} of 255`]);
    return square;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    faults.push([...failureOf(error)]);
    return null;
  }
}

/** Standard deviation of the grey values of a square, each the mean of its channels, in [0, 255]. */
function greyDeviation(square: Buffer): number {
  let sum = 0;
  let squares = 0;
  for (let at = 0; at < square.length; at += 3) {
    const grey = ((square[at] as number) + (square[at + 1] as number) + (square[at + 2] as number)) / 3;
    sum += grey;
    squares += grey * grey;
  }
  const count = square.length / 3;
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
}
