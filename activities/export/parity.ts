/** Stage 7: FP32 export against the trained network, the INT8 ones against FP32, on the whole test split (method §7.3). */
import { readFile, stat } from 'node:fs/promises';
import { Problem } from '../../configs/problem.js';
import type { SettingsOf } from '../../configs/schema/catalog.js';
import { Evaluation, OTHER_MODELS, type Agreement, type Latency, type OtherModel, type Parity } from '../../configs/schema/evaluation.js';
import type { Yardstick } from '../../configs/schema/scores.js';
import { writeFileAtomically, writeJsonAtomically } from '../../ml/files/atomic.js';
import { openCache } from '../../ml/images/cache.js';
import { measureInBrowser } from '../../ml/onnx/browser-latency.js';
import { readModel, type ModelFacts } from '../../ml/onnx/facts.js';
import { worstLayers } from '../../ml/onnx/layer-errors.js';
import { brokenLimits } from '../../ml/onnx/limits.js';
import { measureLatency } from '../../ml/onnx/measure-latency.js';
import { accuracyOf, compareModels, largestScoreError, type TestSplit } from '../../ml/onnx/parity.js';
import { yardstick } from '../../ml/bundle/test-scores.js';
import { parityReport } from '../../ml/onnx/parity-report.js';
import { fromCache } from '../../ml/onnx/photos.js';
import { scorePhotos, type Scored } from '../../ml/onnx/score.js';
import { pairsOf } from '../../ml/ranking/pairs.js';
import { needRecord } from '../../ml/files/record.js';
import type { TaskFunction } from '../task.js';

const CONFIDENCE = 0.95;
/** Photos, the worst ones, whose every value is compared to find the worst layers. */
const LAYER_PHOTOS = 4;

export const parity: TaskFunction<SettingsOf<'parity'>> = async (context) => {
  const { folder, settings, signal } = context;
  const files = {
    onnx: context.artifact('onnx'),
    ...Object.fromEntries(OTHER_MODELS.map((name) => [name, context.artifact(name)])),
  } as Record<'onnx' | OtherModel, string>;
  const float = readModel(await readFile(files.onnx), files.onnx);
  const evaluation = await needRecord(context.artifact('evaluation'), Evaluation, { cure: `emo-aen retry ${context.run}` });
  insistOnSameCheckpoint(float.facts, evaluation);
  const cache = await openCache(context.artifact('cache-index'), context.artifact('cache'));
  try {
    const { dataset, crop } = cache.index;
    const photos = dataset.photos.flatMap(({ split }, index) => (split === 'test' ? [index] : []));
    const split: TestSplit = {
      photos,
      files: photos.map((index) => dataset.photos[index]?.file ?? ''),
      pairs: pairsOf(dataset, 'test', { seed: float.facts.seed, epoch: 0 }),
      confidence: CONFIDENCE,
    };
    // One model after the other: two sessions with threads in one process slow each other down.
    const score = (name: keyof typeof files): Promise<Scored> =>
      scorePhotos(files[name], fromCache(cache, photos), (done) => {
        signal.throwIfAborted();
        context.progress({ message: `scoring the test split with ${name}`, done, total: photos.length, unit: 'photos' });
      });
    const fp32 = await score('onnx');
    const yardstickOf = ({ scores }: Scored): Yardstick =>
      yardstick(dataset, new Map(split.files.map((file, at) => [file, scores[at] ?? NaN])), float.facts.seed);
    const judged = async (name: OtherModel): Promise<{ agreement: Agreement; own: Yardstick }> => {
      const scored = await score(name);
      const compared = compareModels(split, fp32, scored);
      signal.throwIfAborted();
      context.progress({ message: `comparing the layers of ${name}` });
      const worst = compared.worstPhotos.slice(0, LAYER_PHOTOS).map(({ file }) => photos[split.files.indexOf(file)] ?? 0);
      const { model } = readModel(await readFile(files[name]), files[name]);
      const agreement = { ...compared, worstLayers: await worstLayers(float.model, model, fromCache(cache, worst)) };
      return { agreement, own: yardstickOf(scored) };
    };
    const [int8, weights] = [await judged('onnx-int8'), await judged('onnx-int8-weights')];
    const own = new Map(evaluation.scores.map(({ file, score: trained }) => [file, trained]));
    const bytes = async (name: keyof typeof files): Promise<number> => (await stat(files[name])).size;
    const result: Parity = {
      version: 3,
      photos: photos.length,
      pairs: split.pairs.length,
      fp32ScoreError: largestScoreError(
        split.files.map((file) => own.get(file) ?? NaN),
        fp32,
      ),
      fp32Accuracy: accuracyOf(split, fp32),
      models: { 'onnx-int8': int8.agreement, 'onnx-int8-weights': weights.agreement },
      yardsticks: { onnx: yardstickOf(fp32), 'onnx-int8': int8.own, 'onnx-int8-weights': weights.own },
      latency: await latencyOf(files, crop, context),
      bytes: {
        onnx: await bytes('onnx'),
        'onnx-int8': await bytes('onnx-int8'),
        'onnx-int8-weights': await bytes('onnx-int8-weights'),
      },
    };
    const path = await context.file('runs', folder, 'parity.json');
    const report = await context.file('runs', folder, 'parity.md');
    // Written before it is judged: whoever has to find out why needs the numbers.
    await writeJsonAtomically(path, result);
    await writeFileAtomically(report, parityReport(result, settings.parity));
    refuseOutOfLimits(result, settings.parity, `runs/${folder}/parity.md`);
    return {
      artifacts: [
        { name: 'parity', path },
        { name: 'parity-report', path: report },
      ],
      summary: summaryOf(result),
    };
  } finally {
    await cache.close();
  }
};

/** On the desktop, and in a browser where the settings want that. */
async function latencyOf(
  files: Readonly<Record<'onnx' | OtherModel, string>>,
  crop: number,
  { settings, signal, progress }: Parameters<typeof parity>[0],
): Promise<Latency> {
  const { rounds, runs, browser } = settings.latency;
  const models = new Map((['onnx', ...OTHER_MODELS] as const).map((name) => [name, files[name]]));
  const told = (message: string) => (done: number, total: number) => progress({ message, done, total, unit: 'rounds' });
  const desktop = await measureLatency({ models, crop, rounds, runs, signal, progress: told('timing the models on one photo') });
  if (browser === 'off') return desktop;
  return { ...desktop, browser: await measureInBrowser({ models, crop, runs, signal, progress: told('timing the models in a browser') }) };
}

function summaryOf({ fp32ScoreError, models, latency }: Parity): Record<string, number> {
  const int8 = models['onnx-int8'];
  const ratio = (name: OtherModel): number => latency.timings.find(({ model, threads }) => model === name && threads === 1)?.ratio ?? NaN;
  return {
    fp32ScoreError,
    int8Cosine: int8.cosine.median,
    int8ErrorOverVariance: int8.errorOverVariance,
    int8AllPairsAlike: int8.allPairsAlike,
    int8AccuracyDrop: int8.accuracyDrop.value,
    int8WeightsErrorOverVariance: models['onnx-int8-weights'].errorOverVariance,
    int8LatencyRatio: ratio('onnx-int8'),
    int8WeightsLatencyRatio: ratio('onnx-int8-weights'),
  };
}

function insistOnSameCheckpoint(facts: ModelFacts, evaluation: Evaluation): void {
  if (facts.checkpoint === evaluation.checkpointSha256) return;
  throw new Problem({
    code: 'CONFLICT',
    message: `the export is of checkpoint ${facts.checkpoint.slice(0, 12)}, the evaluation of ${evaluation.checkpointSha256.slice(0, 12)}`,
    cure: 'retry evaluate and export, so that both read the best checkpoint of this run',
  });
}

function refuseOutOfLimits(result: Parity, limits: SettingsOf<'parity'>['parity'], where: string): void {
  const broken = brokenLimits(result, limits);
  if (broken.length === 0) return;
  const cures = [...new Set(broken.map(({ cure }) => cure))];
  throw new Problem({
    code: 'PARITY',
    message: broken.map(({ message }) => message).join('; '),
    where,
    cure: `${cures.join('; ')}; or set other limits under parity in export.yaml`,
  });
}
