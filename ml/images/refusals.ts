/** Why a photo is refused, as far as its bytes tell without a decoder. The page in the browser asks here too: nothing here is of Node. */
import { endOfPicture, isAnimatedPng, picturesInWebp } from './container.js';
import { unreadJpeg } from './jpeg-coding.js';
import { unreadKind } from './kinds.js';

export type Refusal = readonly [code: 'empty' | 'not-an-image' | 'wrong-format' | 'animated' | 'truncated', message: string];

/** Of inks without a profile: nothing says what their numbers mean, so no two programs show them alike. */
export const INKS_OF_NO_COLOUR = 'is encoded in CMYK without a profile that says what its inks look like';

/** By the beginning of a file, whatever follows; null of what may be a photo. @param head the file, or the first bytes of it (KIND_BYTES) */
export function refusalOfKind(head: Uint8Array): Refusal | null {
  if (head.length === 0) return ['empty', 'has 0 bytes'];
  const kind = unreadKind(head);
  return kind === null ? null : isNotRead(`is ${kind}, which cannot be read here`);
}

/** @param format as sharp calls it; of some the container is not known here @param pictures that a decoder counted, where one did */
export function refusalsOfContainer(bytes: Uint8Array, format: string, pictures = picturesIn(bytes, format)): Refusal[] {
  const coding = format === 'jpeg' ? unreadJpeg(bytes) : null;
  if (coding !== null) return [isCodedIn(coding)];
  const rows: readonly (readonly [boolean, Refusal])[] = [
    [pictures > 1, ['animated', `holds ${pictures} pictures instead of one`]],
    [format === 'png' && isAnimatedPng(bytes), ['animated', 'is an animated PNG']],
    [endOfPicture(bytes, format) === null, ['truncated', 'breaks off before its end']],
  ];
  return rows.flatMap(([is, refusal]) => (is ? [refusal] : []));
}

function picturesIn(bytes: Uint8Array, format: string): number {
  return format === 'webp' ? picturesInWebp(bytes) : 1;
}

export function isCodedIn(coding: string): Refusal {
  return isNotRead(`is coded in ${coding}, which is not read`);
}

export function isNotRead(message: string): readonly ['wrong-format', string] {
  return ['wrong-format', `${message}: save it as JPEG`];
}
