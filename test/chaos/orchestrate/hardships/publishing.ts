/** Two runs of one project that end together: each publishes a version and enters it in the changelog, and neither may cost the other anything. */
import { cp, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { projectCatalog } from '../../../../activities/own/catalog.js';
import { preparePhotos } from '../../../../cli/quickstart/prepare.js';
import { CLONE } from '../../../../configs/load/installation.js';
import { compilePlan } from '../../../../configs/load/compile.js';
import { DatasetSettings } from '../../../../configs/schema/dataset.js';
import { findEntry } from '../../../../ml/changelog/file.js';
import { insist, Project } from '../project.js';
import { until, type Hardship } from './hardship.js';

const PIPELINE = 'configs/quickstart/pipeline.yaml';
const CHANGELOG = 'docs/model_changelog.md';
const ROUNDS = 2;
/** What a network that has learned for one epoch cannot hold: limits of parity. What is learned does not matter here, nor how fast it is. */
const ANY = { cosineMedian: -1, cosineFifth: -1, errorOverVariance: 1e30, pairsAlike: 0, allPairsAlike: 0, accuracyDrop: 1 };
const SETTINGS: Readonly<Record<string, string | number>> = {
  'train.schedule.epochs': 1,
  'train.schedule.warmupEpochs': 0.1,
  'export.parity.fp32ScoreError': 1e30,
  'export.quantize.calibrationPhotos': 4,
  'export.latency.rounds': 1,
  'export.latency.browser': 'off',
  ...Object.fromEntries(
    Object.entries(ANY).flatMap(([name, limit]) => ['int8', 'int8Weights'].map((model) => [`export.parity.${model}.${name}`, limit])),
  ),
};
const SET = Object.entries(SETTINGS).flatMap(([path, value]) => ['--set', `${path}=${value}`]);

export const PUBLISHING: Hardship = {
  name: 'two runs publishing together',
  async undergo({ scratch }) {
    const project = await Project.make(join(scratch, 'project'));
    const { root } = project;
    await cp(join(CLONE, 'configs'), join(root, 'configs'), { recursive: true, filter: (path) => !/\.[cm]?[jt]s$/.test(path) });
    const plan = await compilePlan(root, PIPELINE, [], await projectCatalog(root));
    const dataset = DatasetSettings.parse(plan.tasks.find(({ uses }) => uses === 'audit')?.settings);
    await preparePhotos(root, dataset, () => undefined);
    try {
      insist(await project.type(['up']));
      insist(await project.type(['run', '--pipeline', PIPELINE, '--name', 'first', '--until', 'changelog', ...SET]));
      const names = ['first'];
      for (let round = 0; round < ROUNDS; round++) {
        const pair = [`left-${round}`, `right-${round}`];
        names.push(...pair);
        // Training is reused. Another seed makes other INT8 files, so each run has a version of its own to publish.
        await Promise.all(
          pair.map(async (name, side) =>
            insist(await project.type(['run', '--from-run', 'first', '--name', name, ...endingWith(2 * round + side + 1)])),
          ),
        );
      }
      return [...(await unpublished(project, names)), ...(await unentered(root, names))];
    } finally {
      await project.type(['down']);
    }
  },
};

function endingWith(seed: number): string[] {
  return ['--pipeline', PIPELINE, '--until', 'changelog', '--detach', ...SET, '--set', `export.quantize.calibrationSeed=${seed}`];
}

/** Runs that are not through, and versions that are missing. */
async function unpublished(project: Project, names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) {
    const status = await until(project, name, ({ state }) => state !== 'running');
    if (status?.state !== 'completed')
      found.push(`${name} is ${String(status?.state)}: ${JSON.stringify(status?.tasks.map(({ failure }) => failure))}`);
  }
  const versions = (await readdir(join(project.root, 'models', 'versions'))).filter((version) => !version.startsWith('.'));
  if (versions.length !== names.length) found.push(`${names.length} runs published the versions ${versions.join(', ')}`);
  return found;
}

async function unentered(root: string, names: readonly string[]): Promise<string[]> {
  const text = await readFile(join(root, CHANGELOG), 'utf8');
  return names.filter((name) => findEntry(text, name, CHANGELOG) === null).map((name) => `the changelog lost the entry of ${name}`);
}
