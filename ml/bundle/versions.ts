/** The versions that lie in a bundle's folder: which there are, whether one is whole, and going back to one. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { nearest } from '../../configs/load/nearest.js';
import { isAbout, Problem } from '../../configs/problem.js';
import { Version, type Manifest } from '../../configs/schema/manifest.js';
import { hashFile } from '../files/atomic.js';
import { MANIFEST, versionFolder, VERSIONS } from './layout.js';
import { onlyPublisher } from './only-publisher.js';
import { readManifest } from './read.js';
import { currentVersion, publishedMark, switchTo } from './switch.js';

export interface KeptVersion {
  readonly version: string;
  /** Null where it cannot be read. */
  readonly manifest: Manifest | null;
  /** What is wrong with the manifest; null where nothing is. */
  readonly fault: string | null;
  readonly current: boolean;
}

/** Oldest number first. Versions of the layout before, whose folders are named otherwise, are not among them. */
export async function versionNames(directory: string): Promise<string[]> {
  const entries = await readdir(join(directory, VERSIONS), { withFileTypes: true }).catch((error: unknown) => {
    if (isAbout(error, 'ENOENT')) return [];
    throw error;
  });
  // A link is no version: its files are somebody else's, and marks would be written among them.
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return names.filter((name) => Version.safeParse(name).success).sort(byNumbers);
}

export async function listVersions(directory: string): Promise<KeptVersion[]> {
  const current = await currentVersion(directory);
  const versions: KeptVersion[] = [];
  for (const version of await versionNames(directory)) {
    const kept = { version, current: version === current };
    try {
      versions.push({ ...kept, manifest: await manifestOfVersion(directory, version), fault: null });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      versions.push({ ...kept, manifest: null, fault: error.message });
    }
  }
  return versions;
}

export function manifestOfVersion(directory: string, version: string): Promise<Manifest> {
  return readManifest(directory, `${versionFolder(version)}/${MANIFEST}`);
}

/** Whether anybody may have it: it was the published one at some time. */
export async function wasPublished(directory: string, version: string): Promise<boolean> {
  if ((await currentVersion(directory)) === version) return true;
  return stat(publishedMark(directory, version)).then(
    () => true,
    (error: unknown) => {
      if (isAbout(error, 'ENOENT')) return false;
      throw error;
    },
  );
}

export interface RolledBack {
  readonly from: string | null;
  readonly manifest: Manifest;
  /** Files whose sha256 was checked, relative to the bundle's folder. */
  readonly checked: readonly string[];
}

/**
 * Makes a kept version the published one again, when every byte of it is as it was.
 * @throws Problem NOT_FOUND for a version that is not there, ARTIFACT_ALTERED for one that is not whole: then nothing has changed.
 */
export async function rollBack(directory: string, version: string): Promise<RolledBack> {
  const names = await versionNames(directory);
  if (!names.includes(version)) throw unknown(directory, version, names);
  return onlyPublisher(directory, () => goBackTo(directory, version));
}

async function goBackTo(directory: string, version: string): Promise<RolledBack> {
  const manifest = await manifestOfVersion(directory, version);
  const checked = await verifyVersion(directory, manifest);
  const from = await currentVersion(directory);
  await switchTo(directory, version);
  return { from, manifest, checked };
}

/** @throws Problem ARTIFACT_ALTERED naming every file that is gone or not what the manifest says. */
export async function verifyVersion(directory: string, { version, files, documents }: Manifest): Promise<string[]> {
  const all = [...files, ...Object.values(documents ?? {})];
  const faults: string[] = [];
  for (const { path, sha256 } of all) {
    const found = await hashFile(join(directory, path)).catch((error: unknown) => {
      if (isAbout(error, 'ENOENT')) return null;
      throw error;
    });
    if (found === null) faults.push(`${path} is gone`);
    else if (found.sha256 !== sha256) faults.push(`${path} is not the file that was published`);
  }
  if (faults.length === 0) return all.map(({ path }) => path);
  const cure = 'put the files back from a copy, or go back to another version: emo-aen publish --list';
  throw new Problem({ code: 'ARTIFACT_ALTERED', message: faults.join('; '), where: join(directory, versionFolder(version)), cure });
}

function unknown(directory: string, version: string, names: readonly string[]): Problem {
  const near = nearest(version, names);
  return new Problem({
    code: 'NOT_FOUND',
    message: `there is no version ${version}; ${names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`}`,
    where: join(directory, VERSIONS),
    cure: near !== null ? `did you mean ${near}?` : names.length === 0 ? 'publish one: emo-aen run' : 'name one of them',
  });
}

function byNumbers(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** The patch version after the highest of `names`; 0.1.0 where there is none. */
export function nextVersion(names: readonly string[]): string {
  const [major, minor, patch] = ([...names].sort(byNumbers).at(-1) ?? '').split('.').map(Number);
  return patch === undefined ? '0.1.0' : `${major}.${minor}.${patch + 1}`;
}
