/**
 * Ours on the project that photo-pairs.ts made, by the tasks of a run: preprocess, model, train, evaluate, the last two in processes of their own.
 * Run as `our-photos.js PROJECT`; prints one JSON document.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { Evaluation } from '../../configs/schema/evaluation.js';
import { Plan } from '../../configs/schema/plan.js';
import { readRows } from '../../ml/engine/metrics-log.js';
import { hashFile } from '../../ml/files/atomic.js';
import { pathOf, perform } from './perform.js';
import { FILES } from './photo-pairs.js';
import type { Trained } from './photos-summary.js';

const readJson = async (file: string): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'));

const [, , root = ''] = process.argv;
const plan = Plan.parse(await readJson(join(root, FILES.plan)));
const dataset = join(root, 'runs', 'bench', 'audit', 'dataset.json');
const audited = [{ name: 'dataset', path: dataset, digest: (await hashFile(dataset)).sha256 }];

const begun = performance.now();
const prepared = await perform(root, plan, 'preprocess', audited);
const preparedAt = performance.now();
const trained = await perform(root, plan, 'train', await perform(root, plan, 'model', prepared));
const trainedAt = performance.now();
const evaluated = await perform(root, plan, 'evaluate', trained);

const rows = (await readRows(pathOf(trained, 'metrics'))).filter((row) => row.kind === 'epoch');
const { pairwiseAccuracy } = Evaluation.parse(await readJson(pathOf(evaluated, 'evaluation')));
const { bestEpoch } = (await readJson(pathOf(trained, 'training'))) as { readonly bestEpoch: number };
const told: Trained = {
  prepareSeconds: (preparedAt - begun) / 1000,
  trainingSeconds: (trainedAt - preparedAt) / 1000,
  epochs: rows.map(({ loss, accuracy, valLoss, valAccuracy, seconds }) => ({ loss, accuracy, valLoss, valAccuracy, seconds })),
  bestEpoch,
  test: { right: Math.round(pairwiseAccuracy.value * pairwiseAccuracy.count), count: pairwiseAccuracy.count },
  versions: { node: process.versions.node, sharp: sharp.versions.sharp ?? '' },
};
process.stdout.write(`${JSON.stringify(told)}\n`);
