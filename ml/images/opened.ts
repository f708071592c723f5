/** Why a photo is not decoded: one rule for audit, rank, preprocess, sample and --fix. */
import { Problem } from '../../configs/problem.js';
import { unreadCoding } from './codings.js';
import { endOfPicture } from './container.js';
import { readHeader, type PhotoHeader } from './decode.js';
import { EXTENSIONS } from './names.js';
import { pngHeaderFault } from './png-header.js';
import { INKS_OF_NO_COLOUR, isCodedIn, isNotRead, refusalOfKind, refusalsOfContainer, type Refusal } from './refusals.js';

export interface Opened {
  /** Null where it cannot be read. */
  readonly header: PhotoHeader | null;
  /** None of a photo that can be decoded. */
  readonly refusals: readonly Refusal[];
}

/** Reads the header; nothing is decoded. */
export async function openPhoto(bytes: Buffer): Promise<Opened> {
  const kind = refusalOfKind(bytes);
  if (kind !== null) return { header: null, refusals: [kind] };
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
  if (header.space === 'cmyk' && header.colour === null)
    throw new Problem({ code: 'PHOTO', message: INKS_OF_NO_COLOUR, cure: 'convert it by hand' });
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
  // A HEIC may hold other pictures beside the photo, which is the one that it names first.
  return coding === null ? refusalsOfContainer(bytes, format, format === 'heic' ? 1 : pages) : [isCodedIn(coding)];
}

function refusalBy(bytes: Buffer, cause: Problem): Refusal {
  if (bytes.toString('latin1', 4, 8) === 'ftyp' && endOfPicture(bytes, 'heif') === null) return BREAKS_OFF;
  if (saysUnread(cause.message)) return isCodedOtherwise(cause);
  return ['not-an-image', `is not an image that can be read (${pngHeaderFault(bytes) ?? cause.message})`];
}

function isCodedOtherwise({ message }: Problem): readonly ['wrong-format', string] {
  return isNotRead(`is coded in a way that is not read (${message})`);
}

/** Decoders' words for what they were not built, or not written, to read. */
function saysUnread(words: string): boolean {
  return /not configured|not implemented|not supported|not been built in|unsupported (?!image format|marker)|^sorry/i.test(words);
}
