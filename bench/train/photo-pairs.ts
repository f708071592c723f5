/** The pairs that everyone trains on: what `emo-aen sample --from` makes of some of a person's photos, split by scene, audited. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compilePlan } from '../../configs/load/compile.js';
import { parseOverrides } from '../../configs/load/overrides.js';
import { Problem } from '../../configs/problem.js';
import { BUILT_IN } from '../../configs/schema/catalog.js';
import { DatasetIndex, type Split } from '../../configs/schema/photos.js';
import type { Override, Plan } from '../../configs/schema/plan.js';
import { DEGRADATION_KINDS } from '../../configs/schema/sample.js';
import { writeJsonAtomically } from '../../ml/files/atomic.js';
import { photosIn, type SampleSource } from '../../ml/images/sample-sources.js';
import { makeSampleSet } from '../../ml/images/sample.js';
import { SPLITS } from '../../ml/images/splits.js';
import { Draws } from '../../ml/random/philox.js';
import { pairsOf } from '../../ml/ranking/pairs.js';
import { PHOTO_FILE } from './cache.js';
import { pathOf, perform } from './perform.js';
import { THREADS } from './settings.js';

const PIPELINE = fileURLToPath(new URL('../../../configs/minimalistic/pipeline.yaml', import.meta.url));
const PHOTO_ROOT = 'training_files';

export interface SetSize {
  /** Photos, one scene each; no photo in two splits. */
  readonly scenes: Readonly<Record<Split, number>>;
  /** Crops of each photo, one kind of degradation after the other. */
  readonly pairs: number;
}

export interface PairsWanted extends SetSize {
  /** Folder of JPEG, PNG and WebP files. */
  readonly photos: string;
  /** Minimalistic weights whose batch norm is folded. */
  readonly weights: string;
  /** Decides which photos, crops and degradations, and everything that training draws. */
  readonly seed: number;
  /** `path=value`, as after `--set`: laid on configs/minimalistic. */
  readonly set: readonly string[];
}

/** Files in a project's folder that the contestants read: the plan is for ours, the job for everyone else. */
export const FILES = { plan: 'plan.json', job: 'job.json' } as const;

/**
 * Writes a project into `root`: the photo set, its audit, plan and job.
 * @throws Problem where there are too few photos, one cannot be used, or a setting is none
 */
export async function makePairs(root: string, wanted: PairsWanted): Promise<void> {
  const weights = resolve(wanted.weights);
  const plan = await compilePlan(root, PIPELINE, overridesOf({ ...wanted, weights }), BUILT_IN);
  const sources = await drawSources(wanted);
  const into = join(root, PHOTO_ROOT);
  const { skipped } = await makeSampleSet({ sources, into, crops: wanted.pairs, kinds: DEGRADATION_KINDS, seed: wanted.seed });
  if (skipped.length > 0) throw unusable(wanted.photos, skipped.map(({ source, reason }) => `${source} ${reason}`).join('; '));
  await writeJsonAtomically(join(root, 'docs', 'splits.json'), splitsOf(sources, wanted.scenes));
  const dataset = pathOf(await perform(root, plan, 'audit', []), 'dataset');
  await writeJsonAtomically(join(root, FILES.plan), plan);
  await writeJsonAtomically(join(root, FILES.job), {
    photos: into,
    weights,
    checkpoint: join(root, 'torch.pt'),
    train: settingsOf(plan, 'train'),
    preprocess: settingsOf(plan, 'preprocess'),
    pairs: pairsBySplit(DatasetIndex.parse(JSON.parse(await readFile(dataset, 'utf8')))),
  });
}

function overridesOf({ weights, seed, set }: PairsWanted): Override[] {
  return [
    { path: 'train.seed', value: seed },
    { path: 'train.environment.device', value: 'cpu' },
    { path: 'train.environment.threads', value: THREADS },
    { path: 'train.model.weights', value: { source: weights, sha256: null, onUnavailable: 'fail' } },
    ...parseOverrides(set),
  ];
}

/** As many photos as all splits need, in the order in which they are dealt to them. */
async function drawSources({ photos, scenes, seed }: PairsWanted): Promise<SampleSource[]> {
  const found = (await photosIn(photos)).filter(({ path }) => PHOTO_FILE.test(path));
  const needed = SPLITS.reduce((sum, split) => sum + scenes[split], 0);
  if (found.length < needed) throw unusable(photos, `holds ${found.length} photos, and ${needed} are needed`);
  return new Draws('splits', { seed, epoch: 0, index: 0 }).shuffled(found).slice(0, needed);
}

function unusable(where: string, message: string): Problem {
  return new Problem({ code: 'DATASET', message, where, cure: 'name a folder of other photos with --photos' });
}

function splitsOf(sources: readonly SampleSource[], scenes: SetSize['scenes']): Record<string, Split> {
  const dealt = SPLITS.flatMap((split) => Array.from({ length: scenes[split] }, () => split));
  return Object.fromEntries(sources.map(({ name }, index) => [name, dealt[index] ?? 'train']));
}

function settingsOf(plan: Plan, name: string): unknown {
  return plan.tasks.find((task) => task.name === name)?.settings;
}

/** Files of the good and the bad photo of each pair, relative to the photo root. */
function pairsBySplit(dataset: DatasetIndex): Record<Split, [good: string, bad: string][]> {
  const fileOf = (photo: number): string => dataset.photos[photo]?.file ?? '';
  const pairs = (split: Split): [string, string][] =>
    pairsOf(dataset, split, { seed: 0, epoch: 0 }).map(({ good, bad }) => [fileOf(good), fileOf(bad)]);
  return { train: pairs('train'), val: pairs('val'), test: pairs('test') };
}
