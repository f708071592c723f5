/** What is to be done about each photo, from what the audit found in it alone: nothing is read and nothing written. */
import { posix } from 'node:path';
import type { FixAction, LeftOut } from '../../../configs/schema/fix.js';
import { MOST_NAME_BYTES } from '../../../configs/schema/path.js';
import { FINDINGS, type FindingCode } from '../findings.js';
import type { Inspection } from '../inspect.js';
import { EXTENSIONS, folded } from '../names.js';
import type { FoundPhoto } from '../scan.js';

export interface Correction {
  readonly photo: FoundPhoto;
  /** Of the bytes that were audited. */
  readonly sha256: string;
  /** What the file is, whatever its name says. */
  readonly format: string;
  readonly pixels: number;
  /** In the copy, relative to its root, with `/`. */
  readonly file: string;
  /** None: the photo is copied byte for byte. */
  readonly actions: readonly FixAction[];
}

export interface FixPlan {
  readonly corrections: readonly Correction[];
  readonly leftOut: readonly LeftOut[];
}

/** Errors that are put right; a photo with any other is left out. */
const CURED: Partial<Record<FindingCode, FixAction>> = {
  'not-srgb': 'converted-to-srgb',
  transparent: 'flattened-on-white',
  'trailing-bytes': 'trailing-bytes-dropped',
};
/** What cannot be done without encoding the photo anew. */
const NEEDS_PIXELS: readonly FixAction[] = ['turned-upright', 'converted-to-srgb', 'flattened-on-white'];

/** In the order of `inspections`. */
export function planFix(inspections: readonly Inspection[]): FixPlan {
  const leftOut: LeftOut[] = [];
  const corrections = inspections.flatMap((inspection) => {
    const planned = correctionOf(inspection);
    if ('code' in planned) leftOut.push(planned);
    return 'code' in planned ? [] : [planned];
  });
  const taken = new Set(inspections.map(({ photo }) => folded(photo.file)));
  const free = corrections.filter(({ photo, file }) => {
    if (file === photo.file) return true;
    if (!taken.has(folded(file))) return taken.add(folded(file));
    leftOut.push({ file: photo.file, code: 'stem-twice', message: `would be called "${file}", which is another photo's name` });
    return false;
  });
  return { corrections: free, leftOut };
}

function correctionOf({ photo, sha256, content, findings }: Inspection): Correction | LeftOut {
  const incurable = findings.find(({ code, severity }) => severity === 'error' && !(code in CURED));
  if (incurable !== undefined) return { file: photo.file, code: incurable.code, message: incurable.message };
  const format = content?.format ?? null;
  if (sha256 === null || format === null) return { file: photo.file, code: 'unreadable', message: 'could not be read as a photo' };
  const cures = (Object.keys(FINDINGS) as FindingCode[]).flatMap((code) =>
    findings.some((found) => found.code === code) ? (CURED[code] ?? []) : [],
  );
  const actions: FixAction[] = [...((content?.orientation ?? 1) === 1 ? [] : (['turned-upright'] as const)), ...cures];
  const encoded = !actions.some((action) => NEEDS_PIXELS.includes(action)) ? null : format === 'jpeg' ? 'jpeg' : 'png';
  const file = named(photo.file, encoded ?? format);
  const bytes = Buffer.byteLength(posix.basename(file));
  if (bytes > MOST_NAME_BYTES) {
    const message = `needs the extension ${posix.extname(file)}, and its name would then have ${bytes} bytes, more than ${MOST_NAME_BYTES}: shorten it`;
    return { file: photo.file, code: 'wrong-extension', message };
  }
  return {
    photo,
    sha256,
    format,
    pixels: (content?.sides?.width ?? 0) * (content?.sides?.height ?? 0),
    file,
    actions: [
      ...actions,
      ...(encoded === null ? [] : [`encoded-as-${encoded}` as const]),
      ...(file === photo.file ? [] : (['renamed'] as const)),
    ],
  };
}

/** The name with an extension that fits; the stem, by which good and bad find each other, stays. */
function named(file: string, format: string): string {
  const extension = posix.extname(file);
  const [right = '', ...others] = EXTENSIONS[format] ?? [extension];
  return [right, ...others].includes(extension.toLowerCase()) ? file : `${file.slice(0, file.length - extension.length)}${right}`;
}
