/** Stage 7: the ONNX model as static INT8, calibrated on photos of the training split (method §7.2). */
import { readFile } from 'node:fs/promises';
import { Problem } from '../../configs/problem.js';
import type { SettingsOf } from '../../configs/schema/catalog.js';
import type { DatasetIndex } from '../../configs/schema/photos.js';
import { writeFileAtomically, writeJsonAtomically } from '../../ml/files/atomic.js';
import { openCache } from '../../ml/images/cache.js';
import { readModel } from '../../ml/onnx/facts.js';
import { encodeModel } from '../../ml/onnx/messages.js';
import { fromCache } from '../../ml/onnx/photos.js';
import { drawSpread } from '../../ml/onnx/quantize/calibration.js';
import { quantize as quantizeModel } from '../../ml/onnx/quantize/quantize.js';
import type { TaskFunction } from '../task.js';

/** With fewer, ranges are those of the photos at hand, not of the set. */
const FEW_PHOTOS = 16;

export const quantize: TaskFunction<SettingsOf<'quantize'>> = async (context) => {
  const { folder, settings, signal } = context;
  const { calibrationPhotos, calibrationSeed, ...how } = settings.quantize;
  const float = await readFile(context.artifact('onnx'));
  const { model } = readModel(float, context.artifact('onnx'));
  const cache = await openCache(context.artifact('cache-index'), context.artifact('cache'));
  try {
    const { dataset } = cache.index;
    const photos = drawSpread(trainingPhotos(dataset), calibrationPhotos, calibrationSeed);
    const quantized = await quantizeModel(model, fromCache(cache, photos), {
      ...how,
      progress: (step) => {
        signal.throwIfAborted();
        context.progress(step);
      },
    });
    const bytes = encodeModel(quantized.model);
    const path = await context.file('runs', folder, 'emo_aen_int8.onnx');
    await writeFileAtomically(path, bytes);
    const report = await context.file('runs', folder, 'quantization.json');
    await writeJsonAtomically(report, {
      version: 3,
      scheme: 'static QDQ: uint8 activations, int8 weights per output channel, int32 biases',
      onnxSha256: context.digest('onnx'),
      datasetHash: dataset.hash,
      photos: photos.map((photo) => dataset.photos[photo]?.file ?? ''),
      settings: settings.quantize,
      proof: quantized.proof,
      values: quantized.values,
      roundedToNearest: quantized.roundedToNearest,
      biasChanges: quantized.biasChanges,
      float: quantized.float,
    });
    const share = bytes.length / float.length;
    return {
      artifacts: [
        { name: 'onnx-int8', path },
        { name: 'quantization', path: report },
      ],
      summary: {
        calibrationPhotos: photos.length,
        ...how,
        error: Number(quantized.proof.error.toPrecision(3)),
        plainError: Number(quantized.proof.plain.toPrecision(3)),
        worst: quantized.values
          .slice(0, 3)
          .map(({ value, error }) => `${value} ${error.toPrecision(2)}`)
          .join(', '),
        megabytes: Number((bytes.length / 1e6).toFixed(1)),
        sizeShare: Number(share.toFixed(3)),
      },
      warnings: [
        ...quantized.proof.notes,
        ...(photos.length < FEW_PHOTOS
          ? [`calibrated on ${photos.length} photos only: ${FEW_PHOTOS} and more of the training split give sounder ranges`]
          : []),
      ],
    };
  } finally {
    await cache.close();
  }
};

function trainingPhotos(dataset: DatasetIndex): number[] {
  const photos = dataset.photos.flatMap(({ split }, index) => (split === 'train' ? [index] : []));
  if (photos.length > 0) return photos;
  throw new Problem({
    code: 'DATASET',
    message: 'split train has no photos to calibrate with',
    where: 'docs/splits.json',
    cure: 'move at least one folder to train: emo-aen splits proposes how',
  });
}
