/** Stage 7: the best checkpoint as an ONNX model (method §7.1). */
import type { SettingsOf } from '../../configs/schema/catalog.js';
import { writeFileAtomically } from '../../ml/files/atomic.js';
import { readCacheIndex } from '../../ml/images/cache.js';
import { exportNetwork } from '../../ml/onnx/export.js';
import { factTexts } from '../../ml/onnx/facts.js';
import { encodeModel } from '../../ml/onnx/messages.js';
import { readTrainedNetwork } from '../../ml/onnx/trained.js';
import type { TaskFunction } from '../task.js';

export const exportOnnx: TaskFunction<SettingsOf<'export'>> = async (context) => {
  const { opset } = context.settings.onnx;
  context.progress({ message: 'reading the best checkpoint' });
  const trained = await readTrainedNetwork(context.artifact('best-checkpoint'));
  const { dataset, size, crop, mean, std } = await readCacheIndex(context.artifact('cache-index'));
  const { network, weights, seed } = trained.metadata;
  const model = exportNetwork(trained, {
    opset,
    crop,
    metadata: factTexts({
      format: 'emo-aen',
      backbone: network.backbone,
      weights,
      seed,
      dataset: dataset.hash,
      preprocessing: { size, crop, mean, std },
      checkpoint: context.digest('best-checkpoint'),
    }),
  });
  const bytes = encodeModel(model);
  const path = await context.file('runs', context.folder, 'emo_aen.onnx');
  await writeFileAtomically(path, bytes);
  return {
    artifacts: [{ name: 'onnx', path }],
    summary: { opset, nodes: model.graph.node.length, megabytes: Number((bytes.length / 1e6).toFixed(1)) },
  };
};
