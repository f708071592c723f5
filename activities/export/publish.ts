/** Stage 7: both models and the best checkpoint into the bundle, with what a client must know (method §7.4). */
import { readFile, stat } from 'node:fs/promises';
import { canonicalHash } from '../../configs/load/canonical.js';
import { Problem } from '../../configs/problem.js';
import type { SettingsOf } from '../../configs/schema/catalog.js';
import { Evaluation, Parity } from '../../configs/schema/evaluation.js';
import type { Ledger } from '../../configs/schema/ledger.js';
import { modelCard } from '../../ml/bundle/card.js';
import { manifestOf, type ManifestParts } from '../../ml/bundle/manifest.js';
import { bundleFolder } from '../../ml/bundle/place.js';
import { publishBundle, type Published } from '../../ml/bundle/publish.js';
import { testHashOf } from '../../ml/bundle/test-scores.js';
import { headCommit } from '../../ml/checklist/git.js';
import { readCacheIndex } from '../../ml/images/cache.js';
import { readModel } from '../../ml/onnx/facts.js';
import { readOwnLedger } from '../checklist/own-ledger.js';
import { needRecord } from '../../ml/files/record.js';
import type { NamedFile, TaskContext, TaskFunction } from '../task.js';

type PublishContext = TaskContext<SettingsOf<'publish'>>;

export const publish: TaskFunction<SettingsOf<'publish'>> = async (context) => {
  const { root, run, signal, task } = context;
  const { version, directory, force, licence } = context.settings.bundle;
  const checkpoint = context.artifact('best-checkpoint');
  const { model, facts } = readModel(await readFile(context.artifact('onnx')), context.artifact('onnx'));
  const { dataset } = await readCacheIndex(context.artifact('cache-index'));
  const again = { cure: `emo-aen retry ${context.run}` };
  const evaluation = await needRecord(context.artifact('evaluation'), Evaluation, again);
  const parity = await needRecord(context.artifact('parity'), Parity, again);
  insistOnOneCheckpoint(context, facts.checkpoint, evaluation.checkpointSha256);
  // Checkpoints hold no clock, so that the same training gives the same bytes; their file does, and a reused one keeps its date.
  const { mtime: trainedAt } = await stat(checkpoint);
  const ledger = await readOwnLedger(root, run);
  const testHash = testHashOf(dataset, facts.seed);
  const weightOnly = context.has('onnx-int8-weights') ? { 'int8-weights': context.artifact('onnx-int8-weights') } : {};
  const models = { fp32: context.artifact('onnx'), int8: context.artifact('onnx-int8'), ...weightOnly };
  const parts: ManifestParts = {
    run,
    trainedAt,
    publishedAt: new Date(),
    gitCommit: await headCommit(root),
    licence,
    settings: settingsDigests(ledger),
    dataset,
    model,
    facts,
    opsets: await opsetsOf(models),
    evaluation,
    parity,
    testHash,
  };
  context.progress({ message: 'publishing the model' });
  const published = await publishBundle({
    directory: await bundleFolder(root, directory),
    version,
    sources: { ...models, checkpoint },
    candidate: { testHash, pairwiseAccuracy: evaluation.pairwiseAccuracy },
    force,
    forceCure: `keep what is published; or publish it all the same: emo-aen retry ${run} ${task} --set export.bundle.force=true`,
    signal,
    manifest: (chosen, files) => manifestOf(parts, chosen, files),
    documents: (manifest) => ({
      card: modelCard(manifest),
      // Without the scores: a bundle that is given away names no photo of the set by them.
      metrics: asJson({ evaluation: Evaluation.omit({ scores: true }).parse(evaluation), parity }),
      settings: asJson(settingsOf(ledger)),
    }),
  });
  return {
    artifacts: publishedArtifacts(published),
    summary: { version: published.version, directory, synthetic: dataset.synthetic, pairwiseAccuracy: evaluation.pairwiseAccuracy.value },
    warnings: warningsOf(published, dataset.synthetic),
  };
};

/** Their digests are of this version's files, also where another run publishes before they are recorded. */
export function publishedArtifacts({ files: { manifest, fp32, int8, checkpoint } }: Pick<Published, 'files'>): NamedFile[] {
  return [
    { name: 'manifest', ...manifest },
    { name: 'version-manifest', path: manifest.target },
    { name: 'published-onnx', ...fp32 },
    { name: 'published-onnx-int8', ...int8 },
    { name: 'published-checkpoint', ...checkpoint },
  ];
}

function warningsOf({ comparison }: Published, synthetic: boolean): string[] {
  return [
    ...('words' in comparison ? [comparison.words] : []),
    ...(synthetic ? ['the published model learned from synthetic pairs: it tells degraded photos from sound ones, not taste'] : []),
  ];
}

async function opsetsOf(models: Readonly<Record<string, string>>): Promise<Record<string, number>> {
  const opsets = Object.entries(models).map(async ([name, path]) => {
    const { model } = readModel(await readFile(path), path);
    return [name, model.opsetImport.find(({ domain }) => domain === '')?.version ?? NaN] as const;
  });
  return Object.fromEntries(await Promise.all(opsets));
}

function insistOnOneCheckpoint(context: PublishContext, exported: string, evaluated: string): void {
  const best = context.digest('best-checkpoint');
  const other = exported !== best ? 'export' : evaluated !== best ? 'evaluate' : null;
  if (other === null) return;
  throw new Problem({
    code: 'CONFLICT',
    message: `${other} was made of another checkpoint than ${best.slice(0, 12)}, the best one`,
    where: context.task,
    cure: `retry ${other}, then publish`,
  });
}

/** sha256 of every settings file that the run's plan was made of, by path, and of the settings as they ran, overrides and all. */
function settingsDigests(ledger: Ledger): Record<string, string> {
  const files = ledger.tasks.flatMap(({ plan }) => plan.settingsFiles.map((file) => [file.path, file.sha256] as const));
  return { ...Object.fromEntries(files.sort(([a], [b]) => (a < b ? -1 : 1))), resolved: canonicalHash(settingsOf(ledger)) };
}

function settingsOf({ tasks }: Ledger): { task: string; settings: unknown }[] {
  return tasks.map(({ plan }) => ({ task: plan.name, settings: plan.settings }));
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
