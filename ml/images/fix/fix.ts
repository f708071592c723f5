/** `emo-aen audit --fix`: a corrected copy of a set beside it, with a record of what was done to each photo. The set itself is only read. */
import { join, posix, resolve } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import type { DatasetSettings } from '../../../configs/schema/dataset.js';
import { FixRecord, type LeftOut } from '../../../configs/schema/fix.js';
import type { Label } from '../../../configs/schema/photos.js';
import { writeFileAtomically, writeJsonAtomically } from '../../files/atomic.js';
import { readBelow } from '../../files/regular.js';
import type { AuditResult } from '../audit.js';
import type { FindingCode } from '../findings.js';
import { MOST_RECORD_BYTES } from '../sample-record.js';
import { OTHER } from '../pairing.js';
import { DEGRADATIONS_FILE, type FoundPhoto } from '../scan.js';
import { fillFolder } from './destination.js';
import { planFix } from './plan.js';
import { copyScores } from './scores.js';
import { writeAll } from './write.js';

export const RECORD_FILE = 'fix.json';

export interface FixOptions {
  /** Absolute project root, which the settings' paths are relative to. */
  readonly root: string;
  readonly settings: DatasetSettings;
  /** Of the same set with the same settings, just now. */
  readonly audited: AuditResult;
  /** Absolute folder of the copy. */
  readonly into: string;
  /** Called after each photo. */
  readonly onPhoto?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Writes the copy. It holds every photo that is sound or can be put right, the folders' scores and the sample set's record; what cannot be put
 * right is left out and named. What is wrong between photos (pairs, copies, scores, splits) is left to a person.
 * @throws Problem USAGE or CONFLICT for a folder that it must not write to, or where the audit was a fast one, which does not look at every pixel;
 * DATASET where no photo can be copied. Nothing is left of the copy then.
 */
export async function fixPhotos(options: FixOptions): Promise<FixRecord> {
  const { root, settings, audited, into } = options;
  if (audited.report.mode === 'fast') {
    throw new Problem({ code: 'USAGE', message: 'a fast audit does not look at every pixel', where: '--fix', cure: 'leave --fast out' });
  }
  const photoRoot = resolve(root, settings.photos.root);
  const folders = [...new Set(audited.photos.map(({ photo }) => posix.dirname(posix.dirname(photo.file))))];
  if (folders.includes(RECORD_FILE)) {
    const message = `a scene has the name ${RECORD_FILE}, which the record of the copy needs`;
    throw new Problem({ code: 'DATASET', message, where: `${settings.photos.root}/${RECORD_FILE}`, cure: 'rename the folder' });
  }
  return fillFolder(into, photoRoot, async (folder) => {
    const plan = planFix(audited.photos);
    const written = await writeAll(plan.corrections, folder, options);
    if (written.photos.length === 0) {
      throw new Problem({ code: 'DATASET', message: 'no photo of the set can be copied', cure: 'look at what `emo-aen audit` finds' });
    }
    const leftOut = [...neverPhotos(audited), ...plan.leftOut, ...written.leftOut].sort((a, b) => (a.file < b.file ? -1 : 1));
    const names = new Map<string, string | null>([
      ...leftOut.map(({ file }) => [file, null] as const),
      ...written.photos.map(({ file, from }) => [from, file] as const),
    ]);
    await copyRecord(photoRoot, folder);
    const record: FixRecord = {
      version: 1,
      root: settings.photos.root,
      hash: audited.report.hash,
      photos: written.photos,
      leftOut,
      brokenPairs:
        settings.pairs.pairing === 'cross'
          ? []
          : brokenPairs(
              audited.photos.map(({ photo }) => photo),
              names,
            ),
      scores: await copyScores(folders, { from: photoRoot, to: folder, names }),
    };
    await writeJsonAtomically(join(folder, RECORD_FILE), FixRecord.parse(record));
    return record;
  });
}

/** What the audit did not even take for a photo. */
const NEVER_PHOTOS: readonly string[] = ['link-outside', 'not-a-file', 'unreadable'] satisfies readonly FindingCode[];

function neverPhotos({ report, photos }: AuditResult): LeftOut[] {
  const files = new Set(photos.map(({ photo }) => photo.file));
  return report.findings.flatMap(({ code, file, message }) =>
    NEVER_PHOTOS.includes(code) && !files.has(file) ? [{ file, code, message }] : [],
  );
}

function brokenPairs(photos: readonly FoundPhoto[], names: ReadonlyMap<string, string | null>): FixRecord['brokenPairs'] {
  const place = ({ folder, stem }: FoundPhoto, label: Label): string => JSON.stringify([folder, stem, label]);
  const isWritten = ({ file }: FoundPhoto): boolean => names.get(file) != null;
  const written = new Set(photos.filter(isWritten).map((photo) => place(photo, photo.label)));
  const missing = new Map(photos.map((photo) => [place(photo, photo.label), photo]));
  return photos.flatMap((photo) => {
    const file = names.get(photo.file);
    const partner = place(photo, OTHER[photo.label]);
    const without = missing.get(partner);
    return file == null || without === undefined || written.has(partner) ? [] : [{ file, without: without.file }];
  });
}

/** What cannot be read is a finding of the audit already. */
async function copyRecord(from: string, to: string): Promise<void> {
  const read = await readBelow(from, DEGRADATIONS_FILE, MOST_RECORD_BYTES);
  if ('bytes' in read) await writeFileAtomically(join(to, DEGRADATIONS_FILE), read.bytes);
}
