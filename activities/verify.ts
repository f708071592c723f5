/** Whether files are still what a ledger says of them. Nothing is trusted by its name or date: every byte is hashed again. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '../configs/schema/payload.js';
import { hashFile } from '../ml/files/atomic.js';

/** Paths, relative to the root, that are not there or hold other bytes than they should. */
export interface Verdict {
  readonly missing: readonly string[];
  readonly altered: readonly string[];
}

export async function checkArtifacts(root: string, artifacts: readonly Artifact[]): Promise<Verdict> {
  const missing: string[] = [];
  const altered: string[] = [];
  for (const artifact of artifacts) {
    const path = join(root, artifact.path);
    const bytes = await sizeOf(path);
    if (bytes === null) missing.push(artifact.path);
    else if (bytes !== artifact.bytes || (await hashFile(path)).sha256 !== artifact.sha256) altered.push(artifact.path);
  }
  return { missing, altered };
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw error;
  }
}
