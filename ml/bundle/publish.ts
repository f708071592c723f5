/**
 * Puts a version of the model into the bundle's folder:
 *
 *     models/manifest.json                             names the files of one version by path, size and sha256
 *     models/versions/<version>-<digest>/emo_aen.onnx  … never written again once complete
 *     models/emo_aen.onnx, emo_aen_int8.onnx, emo_aen.safetensors   the newest version under names that stay (hard links)
 *
 * The manifest is replaced last, by one rename, and points into a folder of its own version. So whoever begins with the manifest reads all
 * of the old version or all of the new one, and a failure or kill at any point before leaves the old one as it was.
 */
import { createHash, randomBytes } from 'node:crypto';
import { link, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbout, Problem } from '../../configs/problem.js';
import type { Manifest, ManifestFile } from '../../configs/schema/manifest.js';
import { hashFile, writeFileAtomically, writeJsonAtomically } from '../files/atomic.js';
import { MANIFEST, readManifest } from './read.js';

export type Sources = Readonly<Record<ManifestFile['name'], string>>;

/** Names that stay, by what the file is. */
export const FILE_NAMES = {
  onnx: 'emo_aen.onnx',
  'onnx-int8': 'emo_aen_int8.onnx',
  checkpoint: 'emo_aen.safetensors',
} as const satisfies Record<ManifestFile['name'], string>;

const VERSIONS = 'versions';

export interface PublishRequest {
  /** Absolute path of the bundle's folder. */
  readonly directory: string;
  readonly version: string;
  /** Absolute paths of the files to publish. */
  readonly sources: Sources;
  /** Makes the manifest, when the files' paths and digests are known. */
  readonly manifest: (files: ManifestFile[]) => Manifest;
  readonly signal: AbortSignal;
}

/** Absolute paths of what was published: the manifest and the files under the names that stay. */
export type Published = Readonly<Record<'manifest' | ManifestFile['name'], string>>;

export async function publishBundle({ directory, version, sources, manifest, signal }: PublishRequest): Promise<Published> {
  const before = await previousFolder(directory);
  const names = Object.keys(FILE_NAMES) as ManifestFile['name'][];
  const digests = await Promise.all(names.map(async (name) => ({ name, ...(await hashFile(sources[name])) })));
  const digest = createHash('sha256')
    .update(digests.map(({ sha256 }) => sha256).join())
    .digest('hex')
    .slice(0, 12);
  const folder = `${VERSIONS}/${version}-${digest}`;
  const files: ManifestFile[] = digests.map(({ name, sha256, bytes }) => ({ name, path: `${folder}/${FILE_NAMES[name]}`, bytes, sha256 }));
  const checked = manifest(files);
  for (const { name, path, sha256 } of files) {
    signal.throwIfAborted();
    await copyVerified(sources[name], join(directory, path), sha256);
  }
  signal.throwIfAborted();
  for (const { name, path } of files) await present(join(directory, path), join(directory, FILE_NAMES[name]));
  await writeJsonAtomically(join(directory, MANIFEST), checked);
  await prune(directory, new Set([folder, before]));
  const stays = (name: ManifestFile['name']): string => join(directory, FILE_NAMES[name]);
  return { manifest: join(directory, MANIFEST), onnx: stays('onnx'), 'onnx-int8': stays('onnx-int8'), checkpoint: stays('checkpoint') };
}

/** Copies unless the very file is there already: a version's files are never written again. */
async function copyVerified(source: string, target: string, sha256: string): Promise<void> {
  if (await holds(target, sha256)) return;
  await writeFileAtomically(target, await readFile(source));
  if (await holds(target, sha256)) return;
  throw new Problem({
    code: 'ARTIFACT_ALTERED',
    message: 'the file changed while it was copied into the bundle',
    where: source,
    cure: 'retry publish when nothing else writes the file',
  });
}

async function holds(path: string, sha256: string): Promise<boolean> {
  try {
    return (await hashFile(path)).sha256 === sha256;
  } catch (error) {
    if (isAbout(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Makes `name` another name of `file`, replacing what was there; a copy where the file system has no hard links. */
async function present(file: string, name: string): Promise<void> {
  const temporary = `${name}.tmp-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await link(file, temporary);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && NO_LINKS.has(String(error.code)))) throw error;
    return writeFileAtomically(name, await readFile(file));
  }
  try {
    await rename(temporary, name);
  } finally {
    // Renaming a file to another name of itself does nothing and leaves both.
    await rm(temporary, { force: true });
  }
}

const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV']);

/** The folder of the version that the manifest names now; null where there is none, or none that can be read. */
async function previousFolder(directory: string): Promise<string | null> {
  try {
    const { files } = await readManifest(directory);
    return files[0]?.path.split('/').slice(0, 2).join('/') ?? null;
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

/** Keeps the new version and the one before it: a reader may still be at it. */
async function prune(directory: string, kept: ReadonlySet<string | null>): Promise<void> {
  if (kept.has(null)) return;
  for (const name of await readdir(join(directory, VERSIONS)))
    if (!kept.has(`${VERSIONS}/${name}`)) await rm(join(directory, VERSIONS, name), { recursive: true });
}
