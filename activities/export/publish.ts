/** Stage 7: both models and the best checkpoint into the bundle, with what a client must know (method §7.4). */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalHash } from '../../configs/load/canonical.js';
import { Problem } from '../../configs/problem.js';
import type { SettingsOf } from '../../configs/schema/catalog.js';
import { Evaluation, Parity } from '../../configs/schema/evaluation.js';
import { manifestOf } from '../../ml/bundle/manifest.js';
import { publishBundle } from '../../ml/bundle/publish.js';
import { readCacheIndex } from '../../ml/images/cache.js';
import { readModel } from '../../ml/onnx/facts.js';
import { readOwnLedger } from '../checklist/own-ledger.js';
import type { TaskContext, TaskFunction } from '../task.js';

type PublishContext = TaskContext<SettingsOf<'publish'>>;

export const publish: TaskFunction<SettingsOf<'publish'>> = async (context) => {
  const { root, run, signal } = context;
  const { version, directory } = context.settings.bundle;
  const checkpoint = context.artifact('best-checkpoint');
  const { model, facts } = readModel(await readFile(context.artifact('onnx')), context.artifact('onnx'));
  const { dataset } = await readCacheIndex(context.artifact('cache-index'));
  const evaluation = Evaluation.parse(await json(context.artifact('evaluation')));
  const parity = Parity.parse(await json(context.artifact('parity')));
  insistOnOneCheckpoint(context, facts.checkpoint, evaluation.checkpointSha256);
  // Checkpoints hold no clock, so that the same training gives the same bytes; their file does, and a reused one keeps its date.
  const { mtime: trainedAt } = await stat(checkpoint);
  const settings = await settingsDigests(root, run);
  context.progress({ message: `publishing version ${version}` });
  const published = await publishBundle({
    directory: join(root, directory),
    version,
    sources: { onnx: context.artifact('onnx'), 'onnx-int8': context.artifact('onnx-int8'), checkpoint },
    signal,
    manifest: (files) =>
      manifestOf({
        version,
        run,
        trainedAt,
        publishedAt: new Date(),
        settings,
        dataset,
        model,
        facts,
        evaluation,
        parity,
        files,
      }),
  });
  return {
    artifacts: [
      { name: 'manifest', path: published.manifest },
      { name: 'published-onnx', path: published.onnx },
      { name: 'published-onnx-int8', path: published['onnx-int8'] },
      { name: 'published-checkpoint', path: published.checkpoint },
    ],
    summary: { version, directory, synthetic: dataset.synthetic, pairwiseAccuracy: evaluation.pairwiseAccuracy.value },
    warnings: dataset.synthetic
      ? ['the published model learned from synthetic pairs: it tells degraded photos from sound ones, not taste']
      : [],
  };
};

async function json(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'));
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
async function settingsDigests(root: string, run: string): Promise<Record<string, string>> {
  const ledger = await readOwnLedger(root, run);
  const files = ledger.tasks.flatMap(({ plan }) => plan.settingsFiles.map((file) => [file.path, file.sha256] as const));
  const resolved = canonicalHash(ledger.tasks.map(({ plan }) => ({ task: plan.name, settings: plan.settings })));
  return { ...Object.fromEntries(files.sort(([a], [b]) => (a < b ? -1 : 1))), resolved };
}
