/** Stage 7: FP32 export against the trained network, INT8 against FP32, on the test split (method §7.3). */
import { readFile, stat } from 'node:fs/promises';
import { Problem } from '../../configs/problem.js';
import type { SettingsOf } from '../../configs/schema/catalog.js';
import { Evaluation, type Parity } from '../../configs/schema/evaluation.js';
import { writeJsonAtomically } from '../../ml/files/atomic.js';
import { openCache } from '../../ml/images/cache.js';
import { readModel, type ModelFacts } from '../../ml/onnx/facts.js';
import { timeInTurn } from '../../ml/onnx/latency.js';
import { brokenLimits, compareModels } from '../../ml/onnx/parity.js';
import { fromCache } from '../../ml/onnx/photos.js';
import { scorePhotos } from '../../ml/onnx/score.js';
import { pairsOf } from '../../ml/ranking/pairs.js';
import type { TaskFunction } from '../task.js';

const LATENCY_RUNS = 30;
const CONFIDENCE = 0.95;

export const parity: TaskFunction<SettingsOf<'parity'>> = async (context) => {
  const { folder, settings, signal } = context;
  const [fp32File, int8File] = [context.artifact('onnx'), context.artifact('onnx-int8')];
  const { facts } = readModel(await readFile(fp32File), fp32File);
  const evaluation = Evaluation.parse(JSON.parse(await readFile(context.artifact('evaluation'), 'utf8')));
  insistOnSameCheckpoint(facts, evaluation);
  const cache = await openCache(context.artifact('cache-index'), context.artifact('cache'));
  try {
    const { dataset, crop } = cache.index;
    const photos = dataset.photos.flatMap(({ split }, index) => (split === 'test' ? [index] : []));
    const own = new Map(evaluation.scores.map(({ file, score }) => [file, score]));
    const source = fromCache(cache, photos);
    const told = (name: string) => (done: number) => {
      signal.throwIfAborted();
      context.progress({ message: `scoring the test split with ${name}`, done, total: photos.length, unit: 'photos' });
    };
    // One after the other: two sessions with threads in one process slow each other down.
    const fp32 = await scorePhotos(fp32File, source, told('FP32'));
    const int8 = await scorePhotos(int8File, source, told('INT8'));
    const photo = new Float32Array(3 * crop * crop);
    source.fill(0, photo, 0);
    context.progress({ message: 'timing both models on one photo' });
    const [fp32Ms, int8Ms] = await timeInTurn([fp32File, int8File], { data: photo, crop }, LATENCY_RUNS);
    const result: Parity = {
      version: 1,
      ...compareModels({
        photos,
        pairs: pairsOf(dataset, 'test', { seed: facts.seed, epoch: 0 }),
        trained: photos.map((index) => own.get(dataset.photos[index]?.file ?? '') ?? NaN),
        fp32,
        int8,
        confidence: CONFIDENCE,
      }),
      latency: { fp32Ms, int8Ms },
      bytes: { fp32: (await stat(fp32File)).size, int8: (await stat(int8File)).size },
    };
    const path = await context.file('runs', folder, 'parity.json');
    // Written before it is judged: whoever has to find out why needs the numbers.
    await writeJsonAtomically(path, result);
    refuseOutOfLimits(result, settings.parity, `runs/${folder}/parity.json`);
    return {
      artifacts: [{ name: 'parity', path }],
      summary: {
        fp32ScoreError: result.fp32ScoreError,
        int8Cosine: result.int8Cosine.mean,
        pairsAlike: result.pairsAlike,
        accuracyDrop: result.accuracyDrop,
        fp32Ms,
        int8Ms,
      },
    };
  } finally {
    await cache.close();
  }
};

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
