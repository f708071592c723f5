/** Why a photo is not decoded: one rule for audit, rank, preprocess, sample and --fix. */
import { Problem } from '../../configs/problem.js';
import { unreadCoding } from './codings.js';
import { endOfPicture, isAnimatedPng } from './container.js';
import { readHeader, type PhotoHeader } from './decode.js';
import { unreadKind } from './kinds.js';
import { EXTENSIONS } from './names.js';
import { pngHeaderFault } from './png-header.js';

export type Refusal = readonly [code: 'empty' | 'not-an-image' | 'wrong-format' | 'animated' | 'truncated', message: string];

export interface Opened {
  /** Null where it cannot be read. */
  readonly header: PhotoHeader | null;
  /** None of a photo that can be decoded. */
  readonly refusals: readonly Refusal[];
}

/** Reads the header; nothing is decoded. */
export async function openPhoto(bytes: Buffer): Promise<Opened> {
  if (bytes.length === 0) return { header: null, refusals: [['empty', 'has 0 bytes']] };
  const kind = unreadKind(bytes);
  if (kind !== null) return { header: null, refusals: [isNotRead(`is ${kind}, which cannot be read here`)] };
  try {
    const header = await readHeader(bytes);
    return { header, refusals: refusalsOf(bytes, header) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { header: null, refusals: [refusalBy(bytes, error)] };
  }
}

/** @throws Problem PHOTO where the photo is refused */
export async function insistOnPhoto(bytes: Buffer): Promise<PhotoHeader> {
  const { header, refusals } = await openPhoto(bytes);
  const [refusal] = refusals;
  if (refusal !== undefined) throw new Problem({ code: 'PHOTO', message: refusal[1], cure: 'replace the file by a whole photo' });
  if (header === null) throw new Error('a photo without a header and without a reason');
  return header;
}

/** Of a photo that its decoder fails at: what the decoder does not know is no damage. @param cause of our decoder, or of sharp */
export function failureOf(cause: Problem): readonly [code: 'wrong-format' | 'damaged', message: string] {
  return saysUnread(cause.message) ? isCodedOtherwise(cause) : ['damaged', `cannot be decoded as a whole (${cause.message})`];
}

const BREAKS_OFF: Refusal = ['truncated', 'breaks off before its end'];

function refusalsOf(bytes: Buffer, header: PhotoHeader): Refusal[] {
  const { format, pages } = header;
  if (!Object.hasOwn(EXTENSIONS, format)) return [isNotRead(`is ${format.toUpperCase()}, which cannot be read here`)];
  const coding = unreadCoding(bytes, header);
  if (coding !== null) return [isNotRead(`is coded in ${coding}, which is not read`)];
  const rows: readonly (readonly [boolean, Refusal])[] = [
    // A HEIC may hold other pictures beside the photo, which is the one that it names first.
    [pages > 1 && format !== 'heic', ['animated', `holds ${pages} pictures instead of one`]],
    [format === 'png' && isAnimatedPng(bytes), ['animated', 'is an animated PNG']],
    [endOfPicture(bytes, format) === null, BREAKS_OFF],
  ];
  return rows.flatMap(([is, refusal]) => (is ? [refusal] : []));
}

function refusalBy(bytes: Buffer, cause: Problem): Refusal {
  if (bytes.toString('latin1', 4, 8) === 'ftyp' && endOfPicture(bytes, 'heif') === null) return BREAKS_OFF;
  if (saysUnread(cause.message)) return isCodedOtherwise(cause);
  return ['not-an-image', `is not an image that can be read (${pngHeaderFault(bytes) ?? cause.message})`];
}

function isNotRead(message: string): readonly ['wrong-format', string] {
  return ['wrong-format', `${message}: save it as JPEG`];
}

function isCodedOtherwise({ message }: Problem): readonly ['wrong-format', string] {
  return isNotRead(`is coded in a way that is not read (${message})`);
}

/** Decoders' words for what they were not built, or not written, to read. */
function saysUnread(words: string): boolean {
  return /not configured|not implemented|not supported|not been built in|unsupported (?!image format|marker)|^sorry/i.test(words);
}
