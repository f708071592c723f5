/**
 * Checkpoints on disk: safetensors files and `index.json`, which knows the sha256 of each. A file is written first and named in
 * the index afterwards, each atomically; what the index does not name does not exist. Runs in a worker thread while training goes on.
 *
 * A checkpoint needs the best one of its time, which becomes the result if nothing better comes; so both are kept together.
 */
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isAbout, Problem } from '../../configs/problem.js';
import { hashFile, writeJsonAtomically } from '../files/atomic.js';
import { makeFolder } from '../files/folders.js';
import { readRecord } from '../files/record.js';
import { writeSafetensors, type Tensor } from '../weights/safetensors.js';

/** `recent`: written by the clock, against crashes; `periodic`: every so many epochs; `best`: of the validation so far. */
export const CheckpointKind = z.enum(['recent', 'periodic', 'best']);
export type CheckpointKind = z.infer<typeof CheckpointKind>;

/** As {@link checkpointName} makes them: an index is copied from one machine to another, and what it names is renamed and removed. */
const CheckpointName = z.string().regex(/^epoch-\d{4,12}-step-\d{6,12}\.safetensors$/);

const Entry = z.object({
  file: CheckpointName,
  sha256: z.string(),
  bytes: z.int(),
  kinds: z.array(CheckpointKind),
  /** Name of the best checkpoint at that time; its own where it is that. */
  best: CheckpointName.nullable(),
});
export type CheckpointEntry = z.infer<typeof Entry>;

const Index = z.object({
  version: z.literal(1),
  /** sha256 of everything that a continuation must agree with: settings, dataset, initial checkpoint. */
  key: z.string(),
  /** Oldest first. */
  entries: z.array(Entry),
});

export interface NewCheckpoint {
  readonly file: string;
  readonly kinds: readonly CheckpointKind[];
  readonly best: string | null;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const INDEX = 'index.json';
/** Resumable checkpoints that are kept whatever their kind: the newest, and one in case that is damaged. */
const NEWEST = 2;

export class CheckpointFiles {
  private constructor(
    readonly folder: string,
    private readonly key: string,
    private readonly keep: number,
    private entries: CheckpointEntry[],
    private readonly remarks: readonly string[],
  ) {}

  /** `found` false: there was nothing to continue, or it belonged to other settings, photos or weights (`foreign`), and is gone. */
  static async open(folder: string, key: string, keep: number): Promise<{ readonly files: CheckpointFiles; readonly foreign: boolean }> {
    await makeFolder(folder);
    const index = await readRecord(join(folder, INDEX), Index);
    const remarks = index.is === 'damaged' ? [await setAllAside(folder, index.why)] : [];
    const found = index.is === 'sound' ? index.value : null;
    const foreign = found !== null && found.key !== key;
    const files = new CheckpointFiles(folder, key, keep, found === null || foreign ? [] : found.entries, remarks);
    await files.#save();
    return { files, foreign };
  }

  /**
   * Writes a checkpoint, then names it, then removes those that are not kept any more.
   * @throws Problem NUMERICS where a number of it is not finite: the checkpoints before stay what they are; DISK_FULL.
   */
  async write({ file, kinds, best, tensors, metadata }: NewCheckpoint): Promise<void> {
    insistOnFinite(file, tensors);
    const path = join(this.folder, file);
    await writeSafetensors(path, tensors, metadata);
    // Told to end right after an epoch's checkpoint, training writes the same one again: it stays what it was.
    const before = this.entries.find((other) => other.file === file)?.kinds ?? [];
    const entry = { file, ...(await hashFile(path)), kinds: [...new Set([...before, ...kinds])], best };
    this.entries = [...this.entries.filter((other) => other.file !== file), entry];
    this.entries = kept(this.entries, this.keep);
    await this.#save();
  }

  /**
   * The newest checkpoint that is whole, together with its best. Damaged files are renamed to `*.damaged` and told in `warnings`;
   * an index that cannot be read was set aside together with all its checkpoints, which nothing vouches for.
   */
  async newest(): Promise<{ readonly entry: CheckpointEntry | null; readonly warnings: readonly string[] }> {
    const warnings = [...this.remarks];
    const damaged = new Set<string>();
    const whole = async (file: string): Promise<boolean> => {
      const entry = this.entries.find((candidate) => candidate.file === file);
      if (entry === undefined || damaged.has(file)) return false;
      const fault = await faultOf(join(this.folder, file), entry);
      if (fault === null) return true;
      damaged.add(file);
      warnings.push(`checkpoint ${file} ${fault}: set aside, the one before is used`);
      return false;
    };
    let found: CheckpointEntry | null = null;
    for (const entry of [...this.entries].reverse()) {
      if (!(await whole(entry.file)) || (entry.best !== null && !(await whole(entry.best)))) continue;
      found = entry;
      break;
    }
    for (const file of damaged) await setAside(join(this.folder, file));
    // What came after the one that is used will be made again.
    this.entries = found === null ? [] : this.entries.slice(0, this.entries.indexOf(found) + 1).filter(({ file }) => !damaged.has(file));
    await this.#save();
    return { entry: found, warnings };
  }

  async #save(): Promise<void> {
    await writeJsonAtomically(join(this.folder, INDEX), { version: 1, key: this.key, entries: this.entries });
    const named = new Set(this.entries.map(({ file }) => file));
    for (const file of await readdir(this.folder))
      if (STRAY.test(file) && !named.has(file)) await rm(join(this.folder, file), { force: true });
  }
}

/** A running average can leave the numbers that there are while every loss stays finite. */
function insistOnFinite(file: string, tensors: NewCheckpoint['tensors']): void {
  const broken = [...tensors].filter(([, { data }]) => !data.every((value) => Number.isFinite(value))).map(([name]) => name);
  if (broken.length === 0) return;
  throw new Problem({
    code: 'NUMERICS',
    message: `${broken.join(', ')}: numbers that are not finite; this checkpoint is not written`,
    where: file,
    cure: 'lower optimizer.lr or raise schedule.warmupEpochs; what was learned before is in the checkpoint before',
  });
}

/** Name of the checkpoint at `stepInEpoch` steps of `epoch`: one place, one name, one content. */
export function checkpointName(epoch: number, stepInEpoch: number): string {
  return `epoch-${String(epoch).padStart(4, '0')}-step-${String(stepInEpoch).padStart(6, '0')}.safetensors`;
}

const CHECKPOINT = /^epoch-\d+-step-\d+\.safetensors$/;
/** Checkpoints and what a kill left of them; never the results (`initial`, `best`, `last`), nor those set aside. */
const STRAY = /^(epoch-\d+-step-\d+\.safetensors(\.tmp-.*)?|(index\.json|best\.safetensors|last\.safetensors)\.tmp-.*)$/;

function kept(entries: readonly CheckpointEntry[], keep: number): CheckpointEntry[] {
  const periodic = entries.filter(({ kinds }) => kinds.includes('periodic')).slice(-keep);
  const resumable = new Set([...periodic, ...entries.slice(-NEWEST)]);
  const needed = new Set([...resumable].flatMap(({ file, best }) => (best === null ? [file] : [file, best])));
  return entries.filter(({ file }) => needed.has(file));
}

async function faultOf(path: string, entry: CheckpointEntry): Promise<string | null> {
  try {
    const { sha256, bytes } = await hashFile(path);
    if (bytes !== entry.bytes) return `has ${bytes} bytes, it had ${entry.bytes}`;
    return sha256 === entry.sha256 ? null : 'is not what was written: its sha256 differs';
  } catch (error) {
    if (isMissing(error)) return 'is gone';
    if (error instanceof Problem && error.code === 'ARTIFACT_ALTERED') return error.message;
    throw error;
  }
}

/** What an unreadable index leaves: files that may be hours of work, for a person to look at, and for nobody to trust. */
async function setAllAside(folder: string, why: string): Promise<string> {
  const checkpoints = (await readdir(folder)).filter((file) => CHECKPOINT.test(file));
  // The index last: without it the checkpoints would be taken for litter.
  for (const file of [...checkpoints, INDEX]) await setAside(join(folder, file));
  return `${INDEX}, which holds the checkpoints' sha256, cannot be read (${why}): it and ${checkpoints.length} checkpoints are set aside (*.damaged)`;
}

async function setAside(path: string): Promise<void> {
  await rename(path, `${path}.damaged`).catch(ignoreMissing);
}

function isMissing(error: unknown): boolean {
  return isAbout(error, 'ENOENT');
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}
