/** Reads a published bundle: the manifest, and files of which every byte is checked before they are used. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { isAbout, Problem } from '../../configs/problem.js';
import { Manifest, MANIFEST_FORMAT, type ManifestFile, type Runtime } from '../../configs/schema/manifest.js';
import { openRegular, readAtMost } from '../files/regular.js';
import { fileFor } from './file-for.js';
import { MANIFEST } from './layout.js';

/** Of a manifest. One with the names of a thousand photos has 0.2 MB. */
const MOST_BYTES = 64 << 20;

/**
 * @param file of the manifest, relative to the bundle's folder; a version keeps its own in its folder
 * @throws Problem NOT_FOUND where nothing is published; ARTIFACT_ALTERED where the manifest is cut off, is not one, or is of another layout.
 */
export async function readManifest(directory: string, file: string = MANIFEST): Promise<Manifest> {
  const path = join(directory, file);
  const written = parsed((await bytesOf(path, MOST_BYTES, 'no model is published here')).toString('utf8'), path);
  const { data: other } = z.looseObject({ format: z.number().int() }).safeParse(written);
  if (other !== undefined && other.format !== MANIFEST_FORMAT) {
    const message = `a manifest of layout ${other.format}, and this release of emo-aen reads layout ${MANIFEST_FORMAT}`;
    throw altered(
      path,
      message,
      other.format > MANIFEST_FORMAT ? 'use the release of emo-aen that published it, or a newer one' : PUBLISH_AGAIN,
    );
  }
  const manifest = Manifest.safeParse(written);
  if (manifest.success) return manifest.data;
  const reason = z.prettifyError(manifest.error).split('\n').slice(0, 2).join(' ');
  throw altered(path, `not a manifest that this version of emo-aen understands: ${reason}`, PUBLISH_AGAIN, manifest.error);
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw altered(path, `is cut off or no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, PUBLISH_AGAIN, cause);
  }
}

/** The file of a name, or the one that a runtime takes. @throws Problem NOT_FOUND where there is none. */
export function publishedFile(
  directory: string,
  manifest: Manifest,
  wanted: { readonly name: ManifestFile['name'] } | { readonly runtime: Runtime },
): ManifestFile {
  const file = 'name' in wanted ? manifest.files.find(({ name }) => name === wanted.name) : fileFor(manifest, wanted.runtime);
  if (file !== undefined) return file;
  throw new Problem({
    code: 'NOT_FOUND',
    message: `version ${manifest.version} has no file ${'name' in wanted ? wanted.name : `for the runtime ${wanted.runtime}`}`,
    where: join(directory, MANIFEST),
    cure: `it has ${manifest.files.map((each) => each.name).join(', ')}`,
  });
}

/**
 * The bytes of one published file.
 * @throws Problem NOT_FOUND where it is not there, ARTIFACT_ALTERED where its sha256 is not the manifest's.
 */
export async function readPublished(directory: string, file: ManifestFile): Promise<Buffer> {
  const path = join(directory, file.path);
  const bytes = await bytesOf(path, file.bytes, 'the manifest names this file, and it is not there');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 === file.sha256) return bytes;
  throw altered(path, `its sha256 is ${sha256.slice(0, 12)}…, the manifest says ${file.sha256.slice(0, 12)}…`);
}

/** @throws Problem NOT_FOUND where the file is not there, ARTIFACT_ALTERED where it is no file or has more than `most` bytes. */
async function bytesOf(path: string, most: number, absent: string): Promise<Buffer> {
  const file = await openRegular(path).catch((cause: unknown) => {
    throw missing(cause, path, absent);
  });
  if (file === null) throw altered(path, 'is a folder, device, pipe or socket, not a file');
  try {
    const bytes = await readAtMost(file, most);
    if (bytes === null) throw altered(path, `has more than ${most} bytes`);
    return bytes;
  } finally {
    await file.close();
  }
}

const PUBLISH_AGAIN = 'publish another version: emo-aen run; or go back to one that is whole: emo-aen publish --rollback VERSION';

function missing(cause: unknown, where: string, message: string): unknown {
  if (!isAbout(cause, 'ENOENT', 'ENOTDIR', 'ELOOP')) return cause;
  return new Problem({ code: 'NOT_FOUND', message, where, cure: 'train and publish one: emo-aen run', cause });
}

function altered(where: string, message: string, cure = PUBLISH_AGAIN, cause?: unknown): Problem {
  return new Problem({ code: 'ARTIFACT_ALTERED', message, where, cure, cause });
}
