/**
 * Publishes a version of the model: builds its folder apart, gives it its name whole, then switches to it (layout.ts says how things lie).
 * A failure or kill before the switch leaves what was published as it was; at most a folder is left that nobody was told of, which the next
 * one of that version goes on with or replaces.
 *
 * A version that was published never changes: the same files again are the same version, other files need another number.
 */
import { createHash } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../../configs/problem.js';
import type { Manifest, ManifestFile } from '../../configs/schema/manifest.js';
import { hashFile, writeFileAtomically, writeJsonAtomically } from '../files/atomic.js';
import { withBuildingFolder } from '../files/building.js';
import { removeRecorded } from '../files/place.js';
import { makeFolder, syncFolder } from '../files/folders.js';
import { comparedWith, type Candidate, type Comparison } from './comparison.js';
import { DOCUMENT_NAMES, FILE_NAMES, MANIFEST, versionFolder, VERSIONS } from './layout.js';
import type { PlacedFile } from './manifest.js';
import { FILE_ORDER } from './measured.js';
import { onlyPublisher } from './only-publisher.js';
import { readManifest } from './read.js';
import { currentVersion, switchTo } from './switch.js';
import { manifestOfVersion, nextVersion, verifyVersion, versionNames, wasPublished } from './versions.js';

export type Sources = Readonly<Record<'fp32' | 'int8' | 'checkpoint', string> & Partial<Record<'int8-weights', string>>>;

export interface PublishRequest {
  /** Absolute path of the bundle's folder. */
  readonly directory: string;
  /** `auto`: the one that holds these files, or the patch version after the highest there. */
  readonly version: string;
  /** Absolute paths of the files to publish. */
  readonly sources: Sources;
  readonly candidate: Candidate;
  /** Publishes a model that is worse than the published one too. */
  readonly force: boolean;
  /** What to type to publish it all the same. */
  readonly forceCure: string;
  /** Makes the manifest, when the files' paths and digests are known. */
  readonly manifest: (version: string, files: readonly PlacedFile[]) => Manifest;
  /** Texts that lie beside the files. */
  readonly documents: (manifest: Manifest) => Readonly<Record<'card' | 'metrics' | 'settings', string>>;
  readonly signal: AbortSignal;
}

/** Absolute paths of a published file. */
export interface PublishedFile {
  /** Under the name that stays, which another publication makes lead to its own file. */
  readonly path: string;
  /** Of this version, which nothing changes. */
  readonly target: string;
}

export interface Published {
  readonly version: string;
  readonly files: Readonly<Record<'manifest' | 'fp32' | 'int8' | 'checkpoint', PublishedFile>>;
  readonly comparison: Comparison;
}

/** What the names of versions' folders begin with while they are built. */
const BUILDING = '.building-';

/**
 * @throws Problem CONFLICT where the version was published with other files, where the model is worse than the published one, or where
 * another process publishes for ten minutes; ARTIFACT_ALTERED where a file changes while it is copied.
 */
export async function publishBundle(request: PublishRequest): Promise<Published> {
  const { directory, signal } = request;
  await makeFolder(join(directory, VERSIONS));
  return onlyPublisher(directory, () => publishAlone(request), signal);
}

async function publishAlone(request: PublishRequest): Promise<Published> {
  const { directory, signal } = request;
  const digests = await digestsOf(request.sources);
  const { version, there } = await chooseVersion(request, digests);
  const comparison = await compare(request, version);
  if (there) await verifyVersion(directory, await manifestOfVersion(directory, version));
  else await buildVersion(request, version, digests);
  signal.throwIfAborted();
  await switchTo(directory, version);
  const file = (name: string): PublishedFile => ({
    path: join(directory, name),
    target: join(directory, versionFolder(version), name),
  });
  const { fp32, int8, checkpoint } = FILE_NAMES;
  return {
    version,
    comparison,
    files: { manifest: file(MANIFEST), fp32: file(fp32), int8: file(int8), checkpoint: file(checkpoint) },
  };
}

type Digest = Pick<PlacedFile, 'name' | 'bytes' | 'sha256'> & { readonly source: string };

async function digestsOf(sources: Sources): Promise<Digest[]> {
  return Promise.all(
    FILE_ORDER.flatMap((name) => {
      const source = sources[name];
      return source === undefined ? [] : [hashFile(source).then((facts) => ({ name, source, ...facts }))];
    }),
  );
}

/** Which version the files get, and whether its folder is there already. */
async function chooseVersion(
  { directory, version }: PublishRequest,
  digests: readonly Digest[],
): Promise<{ version: string; there: boolean }> {
  const names = await versionNames(directory);
  if (version === 'auto') {
    for (const name of names.toReversed()) if (await holds(directory, name, digests)) return { version: name, there: true };
    return { version: nextVersion(names), there: false };
  }
  if (!names.includes(version)) return { version, there: false };
  if (await holds(directory, version, digests)) return { version, there: true };
  if (!(await wasPublished(directory, version))) {
    await removeRecorded(join(directory, versionFolder(version)), VERSION_FILES, 'move it away, or publish as another version');
    return { version, there: false };
  }
  throw new Problem({
    code: 'CONFLICT',
    message: `version ${version} was published with other files, and a published version never changes`,
    where: join(directory, versionFolder(version)),
    cure: `publish as another version, such as ${nextVersion(names)}: set bundle.version in export.yaml, or to auto`,
  });
}

/** All that a version's folder can hold that was never published. */
const VERSION_FILES = new Map([...Object.values(FILE_NAMES), ...Object.values(DOCUMENT_NAMES), MANIFEST].map((name) => [name, null]));

/** Whether a version consists of just these files. One whose manifest cannot be read holds none. */
async function holds(directory: string, version: string, digests: readonly Digest[]): Promise<boolean> {
  try {
    const { files } = await manifestOfVersion(directory, version);
    const known = new Map<ManifestFile['name'], string>(files.map(({ name, sha256 }) => [name, sha256]));
    return known.size === digests.length && digests.every(({ name, sha256 }) => known.get(name) === sha256);
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

/** @throws Problem CONFLICT where it is worse, unless it is asked for by force. */
async function compare({ directory, candidate, force, forceCure }: PublishRequest, version: string): Promise<Comparison> {
  if ((await currentVersion(directory)) === version) return { outcome: 'not worse' };
  const comparison = await comparedWithPublished(directory, candidate);
  if (comparison.outcome !== 'worse' || force) return comparison;
  throw new Problem({
    code: 'CONFLICT',
    message: `not published: it is ${comparison.words}`,
    where: join(directory, MANIFEST),
    cure: forceCure,
  });
}

async function comparedWithPublished(directory: string, candidate: Candidate): Promise<Comparison> {
  try {
    return comparedWith(await readManifest(directory), candidate);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.code === 'NOT_FOUND') return comparedWith(null, candidate);
    return { outcome: 'not comparable', words: `whether it is better than what was published is not known: ${error.message}` };
  }
}

async function buildVersion(
  { directory, manifest, documents, signal }: PublishRequest,
  version: string,
  digests: readonly Digest[],
): Promise<void> {
  const folder = versionFolder(version);
  await withBuildingFolder(join(directory, VERSIONS), BUILDING, async (building) => {
    const files = digests.map(({ name, bytes, sha256 }) => ({ name, path: `${folder}/${FILE_NAMES[name]}`, bytes, sha256 }));
    for (const digest of digests) {
      signal.throwIfAborted();
      await copyVerified(digest, join(building, FILE_NAMES[digest.name]));
    }
    const draft = manifest(version, files);
    const texts = documents(draft);
    const placed = (['card', 'metrics', 'settings'] as const).map((name) => placeText(folder, name, texts[name]));
    const checksums = placeText(folder, 'checksums', checksumsOf(folder, [...files, ...placed]));
    for (const { file, text } of [...placed, checksums]) await writeFileAtomically(join(building, file), text);
    const [card, metrics, settings] = placed.map(factsOf);
    await writeJsonAtomically(join(building, MANIFEST), {
      ...draft,
      documents: { card, metrics, settings, checksums: factsOf(checksums) },
    });
    signal.throwIfAborted();
    await rename(building, join(directory, folder));
    await syncFolder(join(directory, VERSIONS));
  });
}

interface PlacedText extends Omit<PlacedFile, 'name'> {
  readonly file: string;
  readonly text: string;
}

function placeText(folder: string, name: keyof typeof DOCUMENT_NAMES, text: string): PlacedText {
  const file = DOCUMENT_NAMES[name];
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { file, text, path: `${folder}/${file}`, bytes: Buffer.byteLength(text), sha256 };
}

function factsOf({ path, bytes, sha256 }: PlacedText): Omit<PlacedFile, 'name'> {
  return { path, bytes, sha256 };
}

/** As `sha256sum -c` reads it in the version's folder. */
function checksumsOf(folder: string, files: readonly Omit<PlacedFile, 'name'>[]): string {
  return files.map(({ path, sha256 }) => `${sha256}  ${path.slice(folder.length + 1)}\n`).join('');
}

async function copyVerified({ source, sha256 }: Digest, target: string): Promise<void> {
  await writeFileAtomically(target, await readFile(source));
  if ((await hashFile(target)).sha256 === sha256) return;
  throw new Problem({
    code: 'ARTIFACT_ALTERED',
    message: 'the file changed while it was copied into the bundle',
    where: source,
    cure: 'retry publish when nothing else writes the file',
  });
}
