/** Walks a photo set: one folder per scene, each with good/ and bad/ (method §2.1). Reads names only, no photo. */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { isAbout } from '../../configs/problem.js';
import type { Finding } from '../../configs/schema/audit.js';
import type { Label } from '../../configs/schema/photos.js';
import { finding, type FindingCode } from './findings.js';
import { stemOf } from './names.js';

export interface FoundPhoto {
  /** Relative to the photo root, with `/`. */
  readonly file: string;
  /** Absolute. */
  readonly path: string;
  readonly folder: string;
  readonly label: Label;
  readonly stem: string;
}

export interface Scan {
  readonly folders: readonly string[];
  /** Sorted by `file`, in code units, so that every machine has the same order. */
  readonly photos: readonly FoundPhoto[];
  readonly findings: readonly Finding[];
}

export const SCORES_FILE = 'scores.csv';
export const DEGRADATIONS_FILE = 'degradations.json';

const LABELS: readonly Label[] = ['bad', 'good'];
/** What may stand in a scene's folder beside good/ and bad/. */
const KNOWN_IN_FOLDER = new Set<string>([...LABELS, SCORES_FILE]);
/** What file managers leave behind. */
const isLitter = (name: string): boolean => name.startsWith('.') || name === 'Thumbs.db' || name === 'desktop.ini';

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** @param root absolute path of the photo root. */
export async function scanPhotos(root: string): Promise<Scan> {
  const findings: Finding[] = [];
  const walk: Walk = { root, realRoot: await realpath(root).catch(() => root), found: (...row) => void findings.push(finding(...row)) };
  const entries = await list(root);
  if (entries === null)
    return { folders: [], photos: [], findings: [finding('root-missing', '.', 'the photo root is not a folder that can be read')] };
  const folders: string[] = [];
  const photos: FoundPhoto[] = [];
  for (const entry of entries) {
    // Files beside the scenes (a README, the sample set's record) belong to nobody.
    if (entry.isFile() || !(await isFolder(walk, entry.name))) continue;
    folders.push(entry.name);
    photos.push(...(await scanFolder(walk, entry.name)));
  }
  if (folders.length === 0) findings.push(finding('no-folders', '.', 'the photo root holds no folder of photos'));
  return { folders, photos: photos.sort((a, b) => byCodeUnits(a.file, b.file)), findings };
}

interface Walk {
  readonly root: string;
  readonly realRoot: string;
  readonly found: (code: FindingCode, file: string, message: string) => void;
}

async function scanFolder(walk: Walk, folder: string): Promise<FoundPhoto[]> {
  const entries = (await list(join(walk.root, folder))) ?? [];
  for (const { name } of entries) {
    if (!KNOWN_IN_FOLDER.has(name)) walk.found('unexpected', `${folder}/${name}`, 'is neither good/, bad/ nor scores.csv');
  }
  const photos: FoundPhoto[] = [];
  for (const label of LABELS) {
    const at = `${folder}/${label}`;
    const names = entries.some(({ name }) => name === label) && (await isFolder(walk, at)) ? await list(join(walk.root, at)) : null;
    if (names === null) {
      walk.found('label-missing', folder, `has no folder ${label}/`);
      continue;
    }
    if (names.length === 0) walk.found('label-empty', at, 'holds no photos');
    for (const { name } of names) {
      const file = `${at}/${name}`;
      if (await isPhotoFile(walk, file)) photos.push({ file, path: join(walk.root, file), folder, label, stem: stemOf(name) });
    }
  }
  return photos;
}

/** Names in a folder without litter, sorted; null where it is none. */
async function list(path: string): Promise<Dirent[] | null> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter(({ name }) => !isLitter(name)).sort((a, b) => byCodeUnits(a.name, b.name));
  } catch (error) {
    if (isAbout(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP')) return null;
    throw error;
  }
}

async function isFolder(walk: Walk, file: string): Promise<boolean> {
  return (await kindOf(walk, file)) === 'folder';
}

async function isPhotoFile(walk: Walk, file: string): Promise<boolean> {
  const kind = await kindOf(walk, file);
  if (kind === 'folder') walk.found('not-a-file', file, 'is a folder among photos');
  if (kind === 'other') walk.found('not-a-file', file, 'is a device, pipe or socket');
  return kind === 'file';
}

/** Follows links, and refuses one that leaves the set: null, with a finding, as for what cannot be looked at. */
async function kindOf(walk: Walk, file: string): Promise<'file' | 'folder' | 'other' | null> {
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
    if (!isAbout(error, 'ENOENT', 'ELOOP', 'EACCES', 'ENOTDIR')) throw error;
    walk.found('unreadable', file, `cannot be opened (${error.code})`);
    return null;
  }
}
