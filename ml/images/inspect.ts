/** Everything the audit asks of one photo (method §2.2), from one reading of its bytes or, where an earlier audit read the same bytes, from none. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { isAbout, Problem } from '../../configs/problem.js';
import type { Finding } from '../../configs/schema/audit.js';
import type { DatasetSettings } from '../../configs/schema/dataset.js';
import { endOfPicture, isAnimatedPng } from './container.js';
import { decodeSquare, isOpaque, readHeader, type PhotoHeader } from './decode.js';
import { finding, type FindingCode } from './findings.js';
import { photoHash } from './hash.js';
import type { Content, Inspections } from './inspections.js';
import { type FoundPhoto } from './scan.js';

export interface Inspection {
  readonly photo: FoundPhoto;
  /** Null where the file could not be read, and `content` with it. */
  readonly sha256: string | null;
  readonly content: Content | null;
  readonly findings: readonly Finding[];
}

type Limits = DatasetSettings['photos'];
type Fault = Content['faults'][number];

/** Formats that hold photos and that every step here decodes. */
const PHOTO_FORMATS: readonly string[] = ['jpeg', 'png', 'webp', 'tiff', 'heif'];
/** Side of the square that the perceptual hash is made of. */
const HASHED_SIDE = 256;
/** Uncompressed RGBA, the most that a photo of a given number of pixels can need. */
const BYTES_PER_PIXEL = 4;

export async function inspectPhoto(photo: FoundPhoto, limits: Limits, known: Inspections): Promise<Inspection> {
  const faults: Fault[] = [];
  const seen = await seenPhoto(photo.path, limits, known, faults);
  const { sha256 = null, content = null } = seen ?? {};
  return {
    photo,
    sha256,
    content,
    findings: [...faults, ...(content?.faults ?? [])].map(([code, message]) => finding(code, photo.file, message)),
  };
}

interface Seen {
  readonly sha256: string;
  readonly content: Content;
}

/** Null, with a fault, for a file that cannot be read. */
async function seenPhoto(path: string, limits: Limits, known: Inspections, faults: Fault[]): Promise<Seen | null> {
  try {
    const recalled = await known.digests.recall(path);
    const before = recalled === null ? undefined : known.find(recalled.sha256);
    if (recalled !== null && before !== undefined) return { sha256: recalled.sha256, content: before };
    const { size } = await stat(path);
    if (size > limits.maxPixels * BYTES_PER_PIXEL) {
      faults.push(['too-many-bytes', `has ${size} bytes`]);
      return null;
    }
    const { sha256, bytes } = await known.digests.read(path);
    const content = known.find(sha256) ?? (await lookAt(bytes, limits));
    known.keep(sha256, content);
    return { sha256, content };
  } catch (error) {
    if (!isAbout(error, 'ENOENT', 'EACCES', 'EPERM', 'EISDIR', 'EIO', 'ELOOP')) throw error;
    faults.push(['unreadable', `cannot be read (${error.code})`]);
    return null;
  }
}

async function lookAt(bytes: Buffer, limits: Limits): Promise<Content> {
  const faults: Fault[] = [];
  const header = await headerOf(bytes, limits, faults);
  const square = header === null ? null : await decodedSquare(bytes, header, faults);
  return {
    bytes: bytes.length,
    format: header?.format ?? null,
    sides: header === null ? null : { width: header.width, height: header.height },
    orientation: header?.orientation ?? null,
    quality: null,
    encoder: null,
    pixels: square === null ? null : createHash('sha256').update(square).digest('hex').slice(0, 16),
    hash: square === null ? null : photoHash(square, HASHED_SIDE),
    faults,
  };
}

async function headerOf(bytes: Buffer, limits: Limits, faults: Fault[]): Promise<PhotoHeader | null> {
  if (bytes.length === 0) {
    faults.push(['empty', 'has 0 bytes']);
    return null;
  }
  const header = await readHeader(bytes).catch((error: unknown) => {
    if (!(error instanceof Problem)) throw error;
    faults.push(['not-an-image', `is not an image that can be read (${error.message})`]);
    return null;
  });
  if (header !== null) faults.push(...headerFaults(header, limits), ...containerFaults(bytes, header));
  return header;
}

function headerFaults(header: PhotoHeader, limits: Limits): Fault[] {
  const { format, width, height, pages } = header;
  const colour = colourFault(header);
  const rows: readonly (readonly [boolean, FindingCode, string])[] = [
    [!PHOTO_FORMATS.includes(format), 'wrong-format', `is ${format.toUpperCase()}, whatever its name says`],
    [pages > 1, 'animated', `holds ${pages} pictures instead of one`],
    [width * height > limits.maxPixels, 'too-many-pixels', `is ${width} x ${height}, more than ${limits.maxPixels} pixels`],
    [Math.min(width, height) < limits.minSide, 'too-small', `is ${width} x ${height}, its shortest side under ${limits.minSide} px`],
    [colour !== null, 'not-srgb', colour ?? ''],
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
function colourFault({ space, depth, icc }: PhotoHeader): string | null {
  if (space !== 'srgb') return SPACE_NAMES[space] ?? `is encoded in ${space}`;
  if (depth !== 'uchar') return `stores its channels as ${depth} instead of 8 bits`;
  return icc === null || icc.srgb ? null : `carries the colour profile "${icc.name}", which is not sRGB`;
}

function containerFaults(bytes: Buffer, { format }: PhotoHeader): Fault[] {
  if (format === 'png' && isAnimatedPng(bytes)) return [['animated', 'is an animated PNG']];
  const end = endOfPicture(bytes, format);
  if (end === null) return [['truncated', 'breaks off before its end']];
  return end === undefined || end === bytes.length ? [] : [['trailing-bytes', `has ${bytes.length - end} bytes behind the picture`]];
}

/** What makes decoding pointless or dangerous. */
const UNDECODED: readonly FindingCode[] = ['wrong-format', 'animated', 'too-many-pixels', 'truncated'];

async function decodedSquare(bytes: Buffer, header: PhotoHeader, faults: Fault[]): Promise<Buffer | null> {
  if (faults.some(([code]) => UNDECODED.includes(code))) return null;
  try {
    const square = await decodeSquare(bytes, header, HASHED_SIDE);
    if (header.hasAlpha && !(await isOpaque(bytes))) faults.push(['transparent', 'is transparent in places']);
    return square;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    faults.push(['damaged', `cannot be decoded as a whole (${error.message})`]);
    return null;
  }
}
