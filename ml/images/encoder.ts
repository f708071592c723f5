/** What wrote a photo, and how strongly a JPEG was compressed: facts that know nothing of beauty, and that may tell good from bad all the same. */
import { createHash } from 'node:crypto';
import { oneLine, readExifMaker, type ExifMaker } from './exif.js';
import { readJpegHeader, type JpegHeader } from './jpeg-header.js';
import { jpegQuality } from './jpeg-quality.js';

/** What of a photo's header is read here. */
export interface Signed {
  readonly format: string;
  /** The EXIF block; null without one. */
  readonly exif: Buffer | null;
  /** A PNG's text named Software; null without it. */
  readonly software: string | null;
}

export interface Encoding {
  /** Of a JPEG whose tables are libjpeg's, 1 to 100; else null. */
  readonly quality: number | null;
  /** In words; null where the file tells nothing. */
  readonly encoder: string | null;
}

/**
 * The first that the file tells of: the program that saved it last (EXIF or PNG `Software`, a JPEG comment), the camera (EXIF make and
 * model), and of a JPEG what its header looks like. Never throws: what is damaged tells nothing.
 */
export function encoderOf(bytes: Buffer, { format, exif, software }: Signed): Encoding {
  const jpeg = format === 'jpeg' ? readJpegHeader(bytes) : null;
  const maker = readExifMaker(exif ?? (format === 'tiff' ? bytes : Buffer.alloc(0)));
  const [luminance] = jpeg?.tables ?? [];
  const quality = luminance === undefined ? null : jpegQuality(luminance);
  const camera = cameraOf(maker);
  const encoder =
    programOf(maker.software, camera) ??
    programOf(software, camera) ??
    commentedProgram(jpeg?.comment ?? null) ??
    camera ??
    (jpeg === null ? null : lookOf(jpeg, quality));
  return { quality, encoder };
}

/** Cameras put the version of their own software here: "Ver.1.00", "16.1", "G991BXXU3AUE6". A program has a name of letters. */
const PROGRAM_NAME = /(?<![A-Za-z0-9])(?!version|firmware)[A-Za-z]{4,}(?![A-Za-z0-9])/i;

function programOf(software: string | null, camera: string | null): string | null {
  const name = oneLine(software ?? '');
  return name !== '' && (camera === null || PROGRAM_NAME.test(name)) ? name : null;
}

/** "Canon EOS 5D", where make and model both begin with the maker's name. */
function cameraOf({ make, model }: ExifMaker): string | null {
  if (make === null || model === null) return model ?? make;
  const [maker = make] = make.split(' ');
  return model.toLowerCase().startsWith(maker.toLowerCase()) ? model : `${make} ${model}`;
}

/** Comments are anybody's words; of these it is known that a program wrote them. */
const SIGNED_COMMENTS = [/^CREATOR: ([^,(]+)/, /^Created with (.+)/, /^(Lavc)\d/, /^(LEAD Technologies)/];

function commentedProgram(comment: string | null): string | null {
  const line = oneLine(comment ?? '');
  return SIGNED_COMMENTS.map((pattern) => pattern.exec(line)?.[1]?.trim()).find((name) => name !== undefined) ?? null;
}

/** Tables of libjpeg's family differ with the quality alone, which is a fact of its own. */
function lookOf({ tables, sampling, progressive, marks }: JpegHeader, quality: number | null): string {
  const print = createHash('sha256');
  for (const table of tables) print.update(table);
  const kind = quality === null ? `JPEG tables ${print.digest('hex').slice(0, 4)}` : 'JPEG standard tables';
  return [kind, sampling, progressive ? 'progressive' : 'baseline', ...marks.filter((mark) => mark !== 'Exif')].join(', ');
}
