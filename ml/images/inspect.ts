/** Everything the audit asks of one photo (method §2.2), from one reading of its bytes or, where an earlier audit read the same bytes, from none. */
import { stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { isAbout } from '../../configs/problem.js';
import type { AuditReport, Finding } from '../../configs/schema/audit.js';
import type { DatasetSettings } from '../../configs/schema/dataset.js';
import type { Budget } from './decoders/budget.js';
import { DecoderCrash } from './decoders/crash.js';
import type { Read } from './decoders/decoder-process.js';
import type { Decoders } from './decoders/decoders.js';
import { finding } from './findings.js';
import type { Content, Inspections } from './inspections.js';
import type { Looked } from './look.js';
import { EXTENSIONS } from './names.js';
import type { FoundPhoto } from './scan.js';

export interface Inspection {
  readonly photo: FoundPhoto;
  /** Null where the file could not be read, and `content` with it. */
  readonly sha256: string | null;
  readonly content: Content | null;
  readonly findings: readonly Finding[];
}

type Limits = DatasetSettings['photos'];
type Fault = Content['faults'][number];

/** What photos are looked at with. */
export interface Eye {
  readonly limits: Limits;
  readonly known: Inspections;
  /** Bytes of files that are held at once. */
  readonly held: Budget;
  readonly mode: AuditReport['mode'];
  readonly decoders: Decoders;
  /** Given what was found in each photo that was not known before, and its square where it was decoded as a whole. */
  readonly onLooked: (sha256: string, looked: Looked) => void;
}

/** Uncompressed RGBA, the most that a file with a given number of pixels can need. */
export const FILE_BYTES_PER_PIXEL = 4;

/** @param eye one for all photos of an audit */
export async function inspectPhoto(photo: FoundPhoto, eye: Eye): Promise<Inspection> {
  const faults: Fault[] = [];
  const seen = await seenPhoto(photo, eye, faults);
  const { sha256 = null, content = null } = seen ?? {};
  if (content !== null) faults.push(...nameFaults(photo.file, content), ...content.faults);
  return { photo, sha256, content, findings: faults.map(([code, message]) => finding(code, photo.file, message)) };
}

interface Seen {
  readonly sha256: string;
  readonly content: Content;
}

/** Null, with a fault, for a file that cannot be read. */
async function seenPhoto({ path, file }: FoundPhoto, eye: Eye, faults: Fault[]): Promise<Seen | null> {
  const { known, limits, held, decoders } = eye;
  try {
    const recalled = await known.digests.recall(path);
    const before = recalled === null ? undefined : known.find(recalled.sha256);
    if (recalled !== null && before !== undefined) return { sha256: recalled.sha256, content: before };
    const { size } = await stat(path);
    if (size > limits.maxPixels * FILE_BYTES_PER_PIXEL) {
      faults.push(['too-many-bytes', `has ${size} bytes`]);
      return null;
    }
    return await held.run(size, () => decoders.photo(file, (read) => readPhoto(path, read, eye, faults)));
  } catch (error) {
    if (error instanceof DecoderCrash) {
      faults.push(['crashes-decoder', `cannot be decoded: ${error.message}`]);
      return null;
    }
    if (!isAbout(error, 'ENOENT', 'EACCES', 'EPERM', 'EISDIR', 'EIO', 'ELOOP', 'ENOTDIR', 'ENAMETOOLONG', 'ESTALE')) throw error;
    faults.push(['unreadable', `cannot be read (${error.code})`]);
    return null;
  }
}

/** Null, with a fault, for a file that is written meanwhile. */
async function readPhoto(path: string, read: Read, { known, limits, mode, onLooked }: Eye, faults: Fault[]): Promise<Seen | null> {
  const photo = await known.digests.read(path, () => read(path, limits.maxPixels * FILE_BYTES_PER_PIXEL));
  const { sha256 } = photo;
  if (photo.changed) {
    faults.push(['changed-while-read', 'was written to while it was read']);
    return null;
  }
  const before = known.find(sha256);
  if (before !== undefined) return { sha256, content: before };
  const { answer: content, pixels: square } = await photo.ask('look', { mode, limits });
  onLooked(sha256, { content, square });
  return { sha256, content };
}

/** What the file's name says that its content does not. */
function nameFaults(file: string, { format }: Content): Fault[] {
  const names = EXTENSIONS[format ?? ''];
  const extension = posix.extname(file);
  if (names === undefined || names.includes(extension.toLowerCase())) return [];
  return [['wrong-extension', `is ${format?.toUpperCase()} and is named ${extension === '' ? 'without an extension' : extension}`]];
}
