/**
 * A photo set that any machine can make: good is a crop of a real photo, bad the same crop degraded, one folder per photo, so that a scene never
 * stands in two splits. The set says of itself that its pairs are synthetic (`degradations.json`).
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { isAbout, Problem } from '../../configs/problem.js';
import { SampleRecord } from '../../configs/schema/sample.js';
import { removeAbandoned } from '../files/abandoned.js';
import { writeJsonAtomically } from '../files/atomic.js';
import { decodeWhole, readHeader, type Pixels } from './decode.js';
import type { SampleSource } from './sample-sources.js';
import { DEGRADATIONS_FILE } from './scan.js';
import { makeScene, SMALLEST_SIDE, type SceneOptions } from './scene.js';

export interface SampleOptions extends SceneOptions {
  readonly sources: readonly SampleSource[];
  /** Absolute folder of the set. */
  readonly into: string;
  /** Replaces a set that was made here before, and nothing else. */
  readonly force?: boolean;
  /** Called after each scene. */
  readonly onScene?: (done: number, total: number) => void;
}

/** What the quickstart learns from: few kinds, so that a network from random weights learns them from eight scenes (design §8). */
export const QUICKSTART_SAMPLE = { crops: 24, kinds: ['blur', 'noise', 'fading'] } as const satisfies Partial<SceneOptions>;

const MAX_PIXELS = 1e8;

/**
 * Makes the set, and moves it into place when it is whole. Deterministic: the same sources, seed and options make the same files.
 * @throws Problem CONFLICT where there is something already, DATASET where no photo can be used; nothing has changed then.
 */
export async function makeSampleSet(options: SampleOptions): Promise<SampleRecord> {
  const { into } = options;
  const old = await refuseToOverwrite(options);
  await removeAbandoned(into, BUILDING);
  const building = join(into, `${BUILDING}${process.pid}`);
  try {
    await mkdir(building, { recursive: true });
    const record = await makeScenes(building, options);
    for (const folder of old) await rm(join(into, folder), { recursive: true, force: true });
    // The record goes first: scenes without it would pass for real pairs.
    await writeJsonAtomically(join(into, DEGRADATIONS_FILE), record);
    for (const { folder } of record.scenes) await rename(join(building, folder), join(into, folder));
    return record;
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

/** Hidden inside the set's folder: no audit sees it, and git ignores it with the set. */
const BUILDING = '.making-';
const isKept = (name: string): boolean => name.startsWith('.') || name === 'README.md';

/** Folders of an older sample set that may go. A set that was broken off while it was moved into place is made again unasked. */
async function refuseToOverwrite({ into, force = false }: SampleOptions): Promise<string[]> {
  const names = (await namesIn(into)).filter((name) => !isKept(name));
  if (names.length === 0) return [];
  const record = await recordIn(into);
  const ours = record?.scenes.map(({ folder }) => folder) ?? [];
  const foreign = names.filter((name) => name !== DEGRADATIONS_FILE && !ours.includes(name));
  const conflict = (message: string, cure: string): Problem => new Problem({ code: 'CONFLICT', message, where: into, cure });
  if (foreign.length > 0) throw conflict(`holds "${foreign[0]}", which is not of a sample set`, 'name another folder with --into');
  const whole = record !== null && ours.every((folder) => existsSync(join(into, folder)));
  if (whole && !force) throw conflict('a sample set is there already', '--force makes it again; --into names another folder');
  return ours;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbout(error, 'ENOENT')) return [];
    throw error;
  }
}

async function recordIn(into: string): Promise<SampleRecord | null> {
  try {
    const record = SampleRecord.safeParse(JSON.parse(await readFile(join(into, DEGRADATIONS_FILE), 'utf8')));
    return record.success ? record.data : null;
  } catch (error) {
    if (isAbout(error, 'ENOENT') || error instanceof SyntaxError) return null;
    throw error;
  }
}

async function makeScenes(building: string, options: SampleOptions): Promise<SampleRecord> {
  const { sources, seed, onScene, signal } = options;
  sharp.concurrency(1);
  const scenes: SampleRecord['scenes'] = [];
  const skipped: SampleRecord['skipped'] = [];
  for (const [index, { name, path }] of sources.entries()) {
    signal?.throwIfAborted();
    const source = basename(path);
    const bytes = await readFile(path);
    const photo = await usable(bytes);
    if (typeof photo === 'string') {
      skipped.push({ source, reason: photo });
    } else {
      const pairs = await makeScene(join(building, name), photo, index, options);
      scenes.push({ folder: name, source, sha256: createHash('sha256').update(bytes).digest('hex'), pairs });
    }
    onScene?.(index + 1, sources.length);
  }
  if (scenes.length === 0) throw nothingUsable(skipped);
  return { version: 1, synthetic: true, seed, scenes, skipped };
}

/** The photo's pixels, or why it cannot be used. */
async function usable(bytes: Buffer): Promise<Pixels | string> {
  try {
    const header = await readHeader(bytes);
    if (Math.min(header.width, header.height) < SMALLEST_SIDE) return `is ${header.width} x ${header.height}, under ${SMALLEST_SIDE} px`;
    if (header.width * header.height > MAX_PIXELS) return `has more than ${MAX_PIXELS} pixels`;
    return await decodeWhole(bytes, header);
  } catch (error) {
    if (error instanceof Problem) return `cannot be read as a photo (${error.message})`;
    throw error;
  }
}

function nothingUsable(skipped: SampleRecord['skipped']): Problem {
  const why = skipped.slice(0, 3).map(({ source, reason }) => `${source} ${reason}`);
  return new Problem({
    code: 'DATASET',
    message: why.length === 0 ? 'there is no photo to make a set of' : `none of ${skipped.length} files can be used: ${why.join('; ')}`,
    cure: `give photos of at least ${SMALLEST_SIDE} px on their shortest side`,
  });
}
