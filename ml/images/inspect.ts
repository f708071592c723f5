/** Everything the audit asks of one photo (method §2.2), from one reading of its bytes or, where an earlier audit read the same bytes, from none. */
import { stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { isAbout } from '../../configs/problem.js';
import type { Finding } from '../../configs/schema/audit.js';
import type { DatasetSettings } from '../../configs/schema/dataset.js';
import type { Budget } from './budget.js';
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
  /** What so many bytes of a file are read into. */
  readonly memoryFor: (bytes: number) => Buffer;
  /** Looks at a photo's content, whose bytes and all the memory that they lie in are then done with. */
  readonly look: (bytes: Buffer) => Promise<Looked>;
  /** Given what was found in each photo that was not known before, and its square where it was decoded as a whole. */
  readonly onLooked: (sha256: string, looked: Looked) => void;
}

/** Uncompressed RGBA, the most that a file with a given number of pixels can need. */
const FILE_BYTES_PER_PIXEL = 4;
/** @param eye one for all photos of an audit */
export async function inspectPhoto(photo: FoundPhoto, eye: Eye): Promise<Inspection> {
  const faults: Fault[] = [];
  const seen = await seenPhoto(photo.path, eye, faults);
  const { sha256 = null, content = null } = seen ?? {};
  if (content !== null) faults.push(...nameFaults(photo.file, content), ...content.faults);
  return { photo, sha256, content, findings: faults.map(([code, message]) => finding(code, photo.file, message)) };
}

interface Seen {
  readonly sha256: string;
  readonly content: Content;
}

/** Null, with a fault, for a file that cannot be read. */
async function seenPhoto(path: string, eye: Eye, faults: Fault[]): Promise<Seen | null> {
  const { known, limits, held } = eye;
  try {
    const recalled = await known.digests.recall(path);
    const before = recalled === null ? undefined : known.find(recalled.sha256);
    if (recalled !== null && before !== undefined) return { sha256: recalled.sha256, content: before };
    const { size } = await stat(path);
    if (size > limits.maxPixels * FILE_BYTES_PER_PIXEL) {
      faults.push(['too-many-bytes', `has ${size} bytes`]);
      return null;
    }
    return await held.run(size, async () => {
      const { sha256, bytes, changed } = await known.digests.read(path, eye.memoryFor);
      if (changed) {
        faults.push(['changed-while-read', 'was written to while it was read']);
        return null;
      }
      const before = known.find(sha256);
      if (before !== undefined) return { sha256, content: before };
      const looked = await eye.look(bytes);
      eye.onLooked(sha256, looked);
      return { sha256, content: looked.content };
    });
  } catch (error) {
    if (!isAbout(error, 'ENOENT', 'EACCES', 'EPERM', 'EISDIR', 'EIO', 'ELOOP', 'ENOTDIR', 'ENAMETOOLONG', 'ESTALE')) throw error;
    faults.push(['unreadable', `cannot be read (${error.code})`]);
    return null;
  }
}

/** What the file's name says that its content does not. */
function nameFaults(file: string, { format }: Content): Fault[] {
  const names = EXTENSIONS[format ?? ''];
  const extension = posix.extname(file);
  if (names === undefined || names.includes(extension.toLowerCase())) return [];
  return [['wrong-extension', `is ${format?.toUpperCase()} and is named ${extension === '' ? 'without an extension' : extension}`]];
}
