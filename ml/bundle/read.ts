/** Reads a published bundle: the manifest, and files of which every byte is checked before they are used. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isAbout, Problem } from '../../configs/problem.js';
import { Manifest, MANIFEST_FORMAT, type ManifestFile } from '../../configs/schema/manifest.js';
import { MANIFEST } from './layout.js';

/**
 * @param file of the manifest, relative to the bundle's folder; a version keeps its own in its folder
 * @throws Problem NOT_FOUND where nothing is published; ARTIFACT_ALTERED where the manifest is cut off, is not one, or is of a newer layout.
 */
export async function readManifest(directory: string, file: string = MANIFEST): Promise<Manifest> {
  const path = join(directory, file);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw missing(cause, path, 'no model is published here');
  });
  const written = parsed(text, path);
  const { data: newer } = z.looseObject({ format: z.number().int().gt(MANIFEST_FORMAT) }).safeParse(written);
  if (newer !== undefined) {
    const message = `a manifest of layout ${newer.format}, and this release of emo-aen reads ${MANIFEST_FORMAT} and older`;
    throw altered(path, message, 'use the release of emo-aen that published it, or a newer one');
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

/**
 * The bytes of one published file.
 * @throws Problem NOT_FOUND where it is not there, ARTIFACT_ALTERED where its sha256 is not the manifest's.
 */
export async function readPublished(directory: string, manifest: Manifest, name: ManifestFile['name']): Promise<Buffer> {
  const file = manifest.files.find((candidate) => candidate.name === name);
  if (file === undefined)
    throw new Problem({
      code: 'NOT_FOUND',
      message: `version ${manifest.version} has no file ${name}`,
      where: join(directory, MANIFEST),
      cure: `it has ${manifest.files.map((each) => each.name).join(', ')}`,
    });
  const path = join(directory, file.path);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw missing(cause, path, 'the manifest names this file, and it is not there');
  });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 === file.sha256) return bytes;
  throw altered(path, `its sha256 is ${sha256.slice(0, 12)}…, the manifest says ${file.sha256.slice(0, 12)}…`);
}

const PUBLISH_AGAIN = 'publish another version: emo-aen run; or go back to one that is whole: emo-aen publish --rollback VERSION';

function missing(cause: unknown, where: string, message: string): unknown {
  if (!isAbout(cause, 'ENOENT', 'ENOTDIR', 'ELOOP')) return cause;
  return new Problem({ code: 'NOT_FOUND', message, where, cure: 'train and publish one: emo-aen run', cause });
}

function altered(where: string, message: string, cure = PUBLISH_AGAIN, cause?: unknown): Problem {
  return new Problem({ code: 'ARTIFACT_ALTERED', message, where, cure, cause });
}
