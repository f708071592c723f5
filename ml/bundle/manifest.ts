/** What the manifest says of a model, from what its parts say of themselves. */
import type { Evaluation, Parity } from '../../configs/schema/evaluation.js';
import { Manifest, type ManifestFile } from '../../configs/schema/manifest.js';
import type { DatasetIndex } from '../../configs/schema/photos.js';
import type { ModelFacts } from '../onnx/facts.js';
import type { OnnxModel, OnnxValue } from '../onnx/messages.js';

export interface ManifestParts {
  readonly version: string;
  readonly run: string;
  readonly trainedAt: Date;
  readonly publishedAt: Date;
  readonly settings: Readonly<Record<string, string>>;
  readonly dataset: DatasetIndex;
  readonly model: OnnxModel;
  readonly facts: ModelFacts;
  readonly evaluation: Evaluation;
  readonly parity: Parity;
  readonly files: ManifestFile[];
}

const MEANINGS: Readonly<Record<string, string>> = {
  photos: 'RGB photos, prepared as `preprocessing` says',
  embedding: 'what the model sees in a photo, of Euclidean length 1',
  score: 'how good the photo is, in [-1, 1]: higher is better; only the order of scores means something',
  mos: "mean opinion score: the score that people would give, on the scale of the training photos' scores",
};

export function manifestOf(parts: ManifestParts): Manifest {
  const { model, facts, dataset, evaluation, parity } = parts;
  const [input] = model.graph.input;
  if (input === undefined) throw new Error('the model has no input');
  const { size, crop, mean, std } = facts.preprocessing;
  return Manifest.parse({
    format: 1,
    name: 'emo-aen',
    version: parts.version,
    run: parts.run,
    trainedAt: parts.trainedAt.toISOString(),
    publishedAt: parts.publishedAt.toISOString(),
    datasetHash: dataset.hash,
    synthetic: dataset.synthetic,
    weights: facts.weights,
    backbone: facts.backbone,
    settings: parts.settings,
    files: parts.files,
    input: { ...described(input), layout: 'NCHW', preprocessing: { resize: size, crop, mean, std } },
    outputs: model.graph.output.map(described),
    onnx: { opset: model.opsetImport.find(({ domain }) => domain === '')?.version, ir: model.irVersion },
    metrics: { pairwiseAccuracy: evaluation.pairwiseAccuracy, kendallTauB: evaluation.kendallTauB, parity },
  });
}

function described({ name, type }: OnnxValue): { name: string; type: 'float32'; shape: (number | string)[]; meaning: string } {
  const shape = type?.tensorType?.shape?.dim.map(({ dimValue, dimParam }) => dimValue ?? dimParam ?? '?') ?? [];
  return { name, type: 'float32', shape, meaning: MEANINGS[name] ?? '' };
}
