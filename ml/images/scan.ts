/**
 * Walks a photo set: one folder per scene, each with good/ and bad/ (method §2.1). Reads names only, no photo, and asks the system about
 * no name whose kind the listing told already: of a set without links that is none, so that a million photos are a matter of seconds.
 */
import type { Dirent } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join, posix, sep } from 'node:path';
import { isAbout } from '../../configs/problem.js';
import type { Finding } from '../../configs/schema/audit.js';
import type { Label } from '../../configs/schema/photos.js';
import { finding, type FindingCode } from './findings.js';
import { inFlight } from './in-flight.js';
import { isLitter, sidecarsAmong } from './litter.js';
import { composed, formOf, stemOf } from './names.js';

export interface FoundPhoto {
  /** As it lies on disk, relative to the photo root, with `/`. */
  readonly file: string;
  /** Absolute. */
  readonly path: string;
  /** The scene's name, composed (names.ts). */
  readonly folder: string;
  readonly label: Label;
  /** Composed. */
  readonly stem: string;
}

export interface Scan {
  /** Names of the scenes, composed. */
  readonly folders: readonly string[];
  /** Sorted by `file`, composed, in code units, so that every machine and every copy of the set has the same order. */
  readonly photos: readonly FoundPhoto[];
  readonly findings: readonly Finding[];
}

export const SCORES_FILE = 'scores.csv';
export const DEGRADATIONS_FILE = 'degradations.json';

const LABELS: readonly Label[] = ['bad', 'good'];
/** What may stand in a scene's folder beside good/ and bad/. */
const KNOWN_IN_FOLDER = new Set<string>([...LABELS, SCORES_FILE]);

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
/** Questions that the system is asked at once: on a network each takes a while, and none waits for the other. */
const ASKED_AT_ONCE = 16;

/** @param root absolute path of the photo root. */
export async function scanPhotos(root: string): Promise<Scan> {
  const findings: Finding[] = [];
  const walk: Walk = { root, realRoot: await realpath(root).catch(() => root), found: (...row) => void findings.push(finding(...row)) };
  const entries = await list(walk, '');
  if (entries === null)
    return { folders: [], photos: [], findings: [finding('root-missing', '.', 'the photo root is not a folder that can be read')] };
  // Files beside the scenes (a README, the sample set's record) belong to nobody.
  const others = entries.filter((entry) => !entry.isFile());
  const scenes = await inFlight(others, ASKED_AT_ONCE, async (entry) =>
    (await kindOf(walk, entry.name, entry)) === 'folder' ? { name: entry.name, photos: await scanFolder(walk, entry.name) } : null,
  );
  const found = scenes.flatMap((scene) => scene ?? []);
  const folders = new Map<string, string>();
  for (const { name } of found) {
    const earlier = folders.get(composed(name));
    if (earlier === undefined) folders.set(composed(name), name);
    else walk.found('folder-twice', name, `is ${formOf(name)}, and another folder of the same name is ${formOf(earlier)}`);
  }
  if (found.length === 0) walk.found('no-folders', '.', 'the photo root holds no folder of photos');
  return {
    folders: [...folders.keys()].sort(byCodeUnits),
    photos: inOrder(found.flatMap(({ photos }) => photos)),
    findings: findings.sort((a, b) => byCodeUnits(a.file, b.file) || byCodeUnits(a.message, b.message)),
  };
}

function inOrder(photos: readonly FoundPhoto[]): FoundPhoto[] {
  const named = photos.map((photo) => ({ name: composed(photo.file), photo }));
  return named.sort((a, b) => byCodeUnits(a.name, b.name) || byCodeUnits(a.photo.file, b.photo.file)).map(({ photo }) => photo);
}

interface Walk {
  readonly root: string;
  readonly realRoot: string;
  readonly found: (code: FindingCode, file: string, message: string) => void;
}

async function scanFolder(walk: Walk, folder: string): Promise<FoundPhoto[]> {
  const entries = await list(walk, folder);
  if (entries === null) {
    walk.found('unreadable', folder, 'is a folder that cannot be read');
    return [];
  }
  for (const { name } of entries) {
    if (!KNOWN_IN_FOLDER.has(name)) walk.found('unexpected', `${folder}/${name}`, 'is neither good/, bad/ nor scores.csv');
  }
  const sides = LABELS.map(async (label) => {
    const entry = entries.find(({ name }) => name === label);
    if (entry !== undefined && (await kindOf(walk, `${folder}/${label}`, entry)) === 'folder') return scanLabel(walk, folder, label);
    walk.found('label-missing', folder, `has no folder ${label}/`);
    return [];
  });
  return (await Promise.all(sides)).flat();
}

async function scanLabel(walk: Walk, folder: string, label: Label): Promise<FoundPhoto[]> {
  const at = `${folder}/${label}`;
  const listed = await list(walk, at);
  const sidecars = sidecarsAmong((listed ?? []).map(({ name }) => name));
  const entries = listed?.filter(({ name }) => !sidecars.has(name)) ?? null;
  if (entries === null) walk.found('unreadable', at, 'is a folder that cannot be read');
  else if (entries.length === 0) walk.found('label-empty', at, 'holds no photos');
  const path = join(walk.root, at);
  const photoOf = ({ name }: Dirent): FoundPhoto => ({
    file: `${at}/${name}`,
    path: `${path}${sep}${name}`,
    folder: composed(folder),
    label,
    stem: stemOf(name),
  });
  const files: FoundPhoto[] = [];
  const others: Dirent[] = [];
  for (const entry of entries ?? []) {
    if (entry.isFile()) files.push(photoOf(entry));
    else others.push(entry);
  }
  const asked = await inFlight(others, ASKED_AT_ONCE, async (entry) =>
    (await isPhotoFile(walk, `${at}/${entry.name}`, entry)) ? photoOf(entry) : null,
  );
  return files.concat(asked.flatMap((photo) => photo ?? []));
}

/** Names in a folder without litter, sorted; null where it is no folder that can be read. */
async function list(walk: Walk, folder: string): Promise<Dirent[] | null> {
  const path = join(walk.root, folder);
  try {
    const entries = await readdir(path, { withFileTypes: true });
    const sorted = entries.filter(({ name }) => !isLitter(name)).sort((a, b) => byCodeUnits(a.name, b.name));
    const nameless = new Set<Dirent>();
    for (const [place, entry] of sorted.entries())
      if (entry.name.includes(REPLACED) && (sorted[place - 1]?.name === entry.name || !(await isThere(join(path, entry.name)))))
        nameless.add(entry);
    for (const { name } of nameless)
      walk.found('unreadable', posix.join(folder, name), 'has a name that is not UTF-8: give it another one');
    return nameless.size === 0 ? sorted : sorted.filter((entry) => !nameless.has(entry));
  } catch (error) {
    if (isAbout(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EIO', 'ELOOP', 'ENAMETOOLONG')) return null;
    throw error;
  }
}

/** What Node puts for bytes that are not UTF-8. A name with it may be meant so, or stand for one that no string can open. */
const REPLACED = '\ufffd';

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isAbout(error, 'ENOENT')) return false;
    throw error;
  }
}

async function isPhotoFile(walk: Walk, file: string, entry: Dirent): Promise<boolean> {
  const kind = await kindOf(walk, file, entry);
  if (kind === 'folder') walk.found('not-a-file', file, 'is a folder among photos');
  if (kind === 'other') walk.found('not-a-file', file, 'is a device, pipe or socket');
  return kind === 'file';
}

type Kind = 'file' | 'folder' | 'other';

/** As the listing tells it. A link is followed, and refused where it leaves the set: null, with a finding, as for what cannot be looked at. */
async function kindOf(walk: Walk, file: string, entry: Dirent): Promise<Kind | null> {
  const told = toldKind(entry);
  if (told !== null) return told;
  const path = join(walk.root, file);
  try {
    const real = await realpath(path);
    if (real !== walk.realRoot && !real.startsWith(walk.realRoot + sep)) {
      walk.found('link-outside', file, 'is a symbolic link that leaves the photo root');
      return null;
    }
    const facts = await stat(path);
    return facts.isFile() ? 'file' : facts.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (!isAbout(error, 'ENOENT', 'ELOOP', 'EACCES', 'ENOTDIR', 'ENAMETOOLONG')) throw error;
    walk.found('unreadable', file, `cannot be opened (${error.code})`);
    return null;
  }
}

/** Null for a link, and for what the file system does not tell the kind of. */
function toldKind(entry: Dirent): Kind | null {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isFIFO() || entry.isSocket() || entry.isBlockDevice() || entry.isCharacterDevice() ? 'other' : null;
}
