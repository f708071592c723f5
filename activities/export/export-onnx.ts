/**
 * Stage 7: the best checkpoint as an ONNX model, the same with weights stored as int8, and where asked for the same with the preparation
 * of photos inside (method §7.1). All of the same checkpoint at the same commit have the same bytes each time.
 */
import { stat } from 'node:fs/promises';
import type { SettingsOf } from '../../configs/schema/catalog.js';
import { headCommit } from '../../ml/checklist/git.js';
import { writeFileAtomically } from '../../ml/files/atomic.js';
import { readCacheIndex } from '../../ml/images/cache.js';
import { exportNetwork } from '../../ml/onnx/export.js';
import { factTexts } from '../../ml/onnx/facts.js';
import { encodeModel, type OnnxModel } from '../../ml/onnx/messages.js';
import { PIXELS_OPSET, withPreprocessing } from '../../ml/onnx/pixels.js';
import { readTrainedNetwork } from '../../ml/onnx/trained.js';
import { storeWeightsAsInt8 } from '../../ml/onnx/weight-only.js';
import type { NamedFile, TaskFunction } from '../task.js';

export const exportOnnx: TaskFunction<SettingsOf<'export'>> = async (context) => {
  const { onnx, bundle } = context.settings;
  const checkpoint = context.artifact('best-checkpoint');
  context.progress({ message: 'reading the best checkpoint' });
  const trained = await readTrainedNetwork(checkpoint);
  const { dataset, size, crop, mean, std } = await readCacheIndex(context.artifact('cache-index'));
  const { network, weights, seed } = trained.metadata;
  const preprocessing = { size, crop, mean, std };
  const commit = await headCommit(context.root);
  const metadata = factTexts({
    format: 'emo-aen',
    backbone: network.backbone,
    weights,
    seed,
    dataset: dataset.hash,
    preprocessing,
    checkpoint: context.digest('best-checkpoint'),
    // With `auto` the version is not known before it is published.
    ...(bundle.version === 'auto' ? {} : { version: bundle.version }),
    // Checkpoints hold no clock, their files do.
    trainedAt: (await stat(checkpoint)).mtime.toISOString(),
    ...(commit === null ? {} : { commit }),
  });
  const written = (opset: number): OnnxModel => exportNetwork(trained, { opset, crop, metadata });
  const sizes = new Map<string, number>();
  const write = async (name: string, file: string, model: OnnxModel): Promise<NamedFile> => {
    const bytes = encodeModel(model);
    const path = await context.file('runs', context.folder, file);
    await writeFileAtomically(path, bytes);
    sizes.set(name, bytes.length);
    return { name, path };
  };
  const model = written(onnx.opset);
  const artifacts = [
    await write('onnx', 'emo_aen.onnx', model),
    await write('onnx-int8-weights', 'emo_aen_int8_weights.onnx', storeWeightsAsInt8(model).model),
  ];
  if (onnx.preprocess === 'inside') {
    const whole = withPreprocessing(written(Math.max(onnx.opset, PIXELS_OPSET)), preprocessing);
    artifacts.push(await write('onnx-pixels', 'emo_aen_pixels.onnx', whole));
  }
  const megabytes = (name: string): number => Number(((sizes.get(name) ?? 0) / 1e6).toFixed(1));
  return {
    artifacts,
    summary: {
      opset: onnx.opset,
      nodes: model.graph.node.length,
      megabytes: megabytes('onnx'),
      int8WeightsMegabytes: megabytes('onnx-int8-weights'),
    },
  };
};
