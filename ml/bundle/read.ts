/** Reads a published bundle: the manifest, and files of which every byte is checked before they are used. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isAbout, Problem } from '../../configs/problem.js';
import { Manifest, type ManifestFile } from '../../configs/schema/manifest.js';

export const MANIFEST = 'manifest.json';

/** @throws Problem NOT_FOUND where nothing is published, ARTIFACT_ALTERED where the manifest is not one that is understood. */
export async function readManifest(directory: string): Promise<Manifest> {
  const path = join(directory, MANIFEST);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw missing(cause, path, 'no model is published here');
  });
  try {
    return Manifest.parse(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause).split('\n').slice(0, 2).join(' ') : String(cause);
    throw altered(path, `not a manifest that this version of emo-aen understands: ${reason}`, cause);
  }
}

/**
 * The bytes of one published file.
 * @throws Problem NOT_FOUND where it is not there, ARTIFACT_ALTERED where its sha256 is not the manifest's.
 */
export async function readPublished(directory: string, manifest: Manifest, name: ManifestFile['name']): Promise<Buffer> {
  const file = manifest.files.find((candidate) => candidate.name === name);
  if (file === undefined) throw altered(join(directory, MANIFEST), `it names no file ${name}`);
  const path = join(directory, file.path);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw missing(cause, path, 'the manifest names this file, and it is not there');
  });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 === file.sha256) return bytes;
  throw altered(path, `its sha256 is ${sha256.slice(0, 12)}…, the manifest says ${file.sha256.slice(0, 12)}…`);
}

const PUBLISH_AGAIN = 'publish again: emo-aen run';

function missing(cause: unknown, where: string, message: string): unknown {
  if (!isAbout(cause, 'ENOENT')) return cause;
  return new Problem({ code: 'NOT_FOUND', message, where, cure: 'train and publish one: emo-aen run', cause });
}

function altered(where: string, message: string, cause?: unknown): Problem {
  return new Problem({ code: 'ARTIFACT_ALTERED', message, where, cure: PUBLISH_AGAIN, cause });
}
