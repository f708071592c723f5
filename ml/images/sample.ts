/**
 * A photo set that any machine can make: good is a crop of a real photo, bad the same crop degraded, one folder per photo, so that a scene never
 * stands in two splits. The set says of itself that its pairs are synthetic (`degradations.json`).
 */
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isAbout, Problem } from '../../configs/problem.js';
import { nameFault } from '../../configs/schema/path.js';
import type { SampleRecord } from '../../configs/schema/sample.js';
import { writeJsonAtomically } from '../files/atomic.js';
import { withBuildingFolder } from '../files/building.js';
import { foreignIn, nameBelow, removeRecorded, type Recorded } from '../files/place.js';
import { DecoderCrash } from './decoders/crash.js';
import { withDecoders, type Decoders } from './decoders/decoders.js';
import type { Ask } from './decoders/jobs.js';
import { readSampleRecord } from './sample-record.js';
import type { SampleSource } from './sample-sources.js';
import { DEGRADATIONS_FILE } from './scan.js';
import { photoOf, SMALLEST_SIDE, type SceneOptions } from './scene-options.js';

export interface SampleOptions extends SceneOptions {
  readonly sources: readonly SampleSource[];
  /** Absolute folder of the set. */
  readonly into: string;
  /** Replaces a set that was made here before, and nothing else. */
  readonly force?: boolean;
  /** Called after each scene. */
  readonly onScene?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** What the quickstart learns from: few kinds, so that a network from random weights learns them from eight scenes (design §8). */
export const QUICKSTART_SAMPLE = { crops: 24, kinds: ['blur', 'noise', 'fading'] } as const satisfies Partial<SceneOptions>;

/** Of a file: what a photo of the most pixels, 100 million, takes uncompressed. */
const MAX_BYTES = 4e8;

/**
 * Makes the set, and moves it into place when it is whole. Deterministic: the same sources, seed and options make the same files.
 * @throws Problem CONFLICT where there is something already that is not surely a set of ours, DATASET where no photo can be used; nothing has changed then.
 */
export async function makeSampleSet(options: SampleOptions): Promise<SampleRecord> {
  const { into } = options;
  const old = await refuseToOverwrite(options);
  return withBuildingFolder(into, BUILDING, async (building) => {
    const { signal } = options;
    const record = await withDecoders((decoders) => makeScenes(building, decoders, options), { signal });
    for (const [folder, photos] of old) await removeRecorded(await sceneIn(into, folder), photos, ANOTHER_FOLDER);
    // The record goes first: scenes without it would pass for real pairs.
    await writeJsonAtomically(join(into, DEGRADATIONS_FILE), record);
    for (const { folder } of record.scenes) await rename(join(building, folder), await sceneIn(into, folder));
    return record;
  });
}

/** Hidden inside the set's folder: no audit sees it, and git ignores it with the set. */
const BUILDING = '.making-';
const isKept = (name: string): boolean => name.startsWith('.') || name === 'README.md';

const ANOTHER_FOLDER = 'name another folder with --into';

/** By name, the folders of an older set that is replaced, each with the photos that were made in it. */
type OldScenes = ReadonlyMap<string, Recorded>;

/**
 * A record comes with the set, and whoever made the set may have written anything into it. So a folder goes only if it holds nothing
 * but photos whose bytes the record knows. A set that was broken off while it was moved into place is made again unasked.
 */
async function refuseToOverwrite({ into, force = false }: SampleOptions): Promise<OldScenes> {
  const names = (await namesIn(into)).filter((name) => !isKept(name));
  if (names.length === 0) return new Map();
  const conflict = (message: string, cure = ANOTHER_FOLDER): Problem => new Problem({ code: 'CONFLICT', message, where: into, cure });
  const record = await readSampleRecord(into);
  if (record !== null && 'fault' in record) throw conflict(`${DEGRADATIONS_FILE} ${record.message}`);
  const ours = photosOf(record);
  const foreign = names.find((name) => name !== DEGRADATIONS_FILE && !ours.has(name));
  if (foreign !== undefined) throw conflict(`holds ${JSON.stringify(foreign)}, which is not of a sample set`);
  const whole = [...ours.keys()].every((folder) => names.includes(folder));
  if (whole && !force) throw conflict('a sample set is there already', '--force makes it again; --into names another folder');
  for (const [folder, photos] of ours) {
    const other = await foreignIn(await sceneIn(into, folder), photos);
    if (other !== null) throw conflict(`${other.path === '.' ? folder : `${folder}/${other.path}`} ${other.reason}`);
  }
  return ours;
}

function photosOf(record: SampleRecord | null): OldScenes {
  const scenes = record?.scenes ?? [];
  return new Map(
    scenes.map(({ folder, pairs }) => [
      folder,
      new Map(pairs.flatMap(({ stem, sha256 }) => LABELS.map((label) => [photoOf(label, stem), sha256[label]]))),
    ]),
  );
}

const LABELS = ['good', 'bad'] as const;

function sceneIn(into: string, folder: string): Promise<string> {
  return nameBelow(into, folder, { where: join(into, DEGRADATIONS_FILE), cure: ANOTHER_FOLDER });
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbout(error, 'ENOENT')) return [];
    throw error;
  }
}

async function makeScenes(building: string, decoders: Decoders, options: SampleOptions): Promise<SampleRecord> {
  const { sources, seed, onScene, signal } = options;
  const scenes: SampleRecord['scenes'] = [];
  const skipped: SampleRecord['skipped'] = [];
  for (const [index, { name, path }] of sources.entries()) {
    signal?.throwIfAborted();
    const source = basename(path);
    const fault = nameFault(name);
    const made =
      fault === null
        ? await makeScene(decoders, path, { ...options, folder: join(building, name), scene: index })
        : `cannot give its name to a folder: it ${fault}`;
    if (typeof made === 'string') skipped.push({ source, reason: made });
    else scenes.push({ folder: name, source, ...made });
    onScene?.(index + 1, sources.length);
  }
  if (scenes.length === 0) throw nothingUsable(skipped);
  return { version: 2, synthetic: true, seed, scenes, skipped };
}

type Made = Pick<SampleRecord['scenes'][number], 'sha256' | 'pairs'>;

/** The scene of a photo, or why the photo cannot be used. */
async function makeScene(decoders: Decoders, path: string, { folder, scene, crops, kinds, seed }: Ask<'scene'>): Promise<Made | string> {
  try {
    return await decoders.photo(path, async (read) => {
      const photo = await read(path, MAX_BYTES);
      const { answer: pairs } = await photo.ask('scene', { folder, scene, crops, kinds, seed });
      return typeof pairs === 'string' ? pairs : { sha256: photo.sha256, pairs };
    });
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'PHOTO') throw error;
    // A crash may come when a part of the scene is written.
    if (error instanceof DecoderCrash) await rm(folder, { recursive: true, force: true });
    return `cannot be read as a photo (${error.message})`;
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
