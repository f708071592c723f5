/**
 * Whether files are still what a ledger says of them. Nothing is trusted by its name or by a date that a person can set: what was
 * not surely hashed before is hashed now (ml/files/digests.ts says what "surely" is).
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbout } from '../configs/problem.js';
import type { Artifact } from '../configs/schema/payload.js';
import { Digests } from '../ml/files/digests.js';

/** Paths, relative to the root, that are not there or hold other bytes than they should. */
export interface Verdict {
  readonly missing: readonly string[];
  readonly altered: readonly string[];
}

/** The digests of a project's artifacts; `tell` is told what kept them from being remembered. */
export function artifactDigests(root: string, tell: (message: string) => void): Digests {
  return new Digests({ root, store: 'artifacts', tell });
}

export async function checkArtifacts(root: string, artifacts: readonly Artifact[], digests: Digests): Promise<Verdict> {
  const missing: string[] = [];
  const altered: string[] = [];
  for (const artifact of artifacts) {
    const path = join(root, artifact.path);
    const bytes = await sizeOf(path);
    if (bytes === null) missing.push(artifact.path);
    else if (bytes !== artifact.bytes || (await digests.of(path)).sha256 !== artifact.sha256) altered.push(artifact.path);
  }
  await digests.save();
  return { missing, altered };
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : null;
  } catch (error) {
    if (isAbout(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}
