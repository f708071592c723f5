/** What a person wants to know after the quickstart: how well it learned, where things lie, what to do next. */
import { join } from 'node:path';
import { isAbout } from '../../configs/problem.js';
import type { Manifest } from '../../configs/schema/manifest.js';
import { readManifest } from '../../ml/bundle/read.js';
import { hashFile } from '../../ml/files/atomic.js';
import { readLedger } from '../../workers/candidates.js';

/** The published model, where it is what the run published or found published; null where there is none, or another run's. */
export async function publishedBy(root: string, run: string, directory: string): Promise<Manifest | null> {
  const ledger = await readLedger(root, run);
  const made = ledger?.tasks.flatMap(({ output }) => output?.artifacts ?? []).find(({ name }) => name === 'manifest');
  if (made === undefined) return null;
  const { sha256 } = await hashFile(join(root, made.path)).catch((error: unknown) => {
    if (isAbout(error, 'ENOENT')) return { sha256: null };
    throw error;
  });
  return sha256 === made.sha256 ? readManifest(join(root, directory)) : null;
}

/** How good the model is, with the interval, what it began from and what it learned from. */
export function describeQuality({ metrics: { pairwiseAccuracy: accuracy }, weights, synthetic }: Manifest): string {
  const [value, low, high] = [accuracy.value, accuracy.low, accuracy.high].map((share) => share.toFixed(3));
  const pairs = synthetic ? 'synthetic pairs, so it says nothing about taste' : 'pairs';
  return `test pairwise accuracy ${value} (interval ${low} to ${high}, ${accuracy.count} ${pairs}), trained from ${weights === 'random' ? 'random weights' : weights}`;
}

/** Where to look and what to type next. @param directory of the published bundle. */
export function describeNext(run: string, directory: string): string {
  return [
    `report:         runs/${run}/ (ledger.json, and a folder for each task), logs/${run}/`,
    `model:          ${directory}/ (manifest.json says what each file is)`,
    `checklist:      npx emo-aen checklist ${run}`,
    'rank a photo:   npx emo-aen rank PHOTO',
    'Temporal UI:    npx emo-aen up --ui prints its address; npx emo-aen down ends it',
  ].join('\n');
}
