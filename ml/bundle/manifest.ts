/** What the manifest says of a model, from what its parts say of themselves. */
import type { Evaluation, Parity } from '../../configs/schema/evaluation.js';
import { Manifest, MANIFEST_FORMAT, type ManifestFile } from '../../configs/schema/manifest.js';
import type { DatasetIndex } from '../../configs/schema/photos.js';
import type { ModelFacts } from '../onnx/facts.js';
import type { OnnxModel, OnnxValue } from '../onnx/messages.js';
import { measuredBy, RUNTIMES } from './measured.js';

/** A file of a version, before anything is known of it but where it will lie and its bytes. */
export type PlacedFile = Pick<ManifestFile, 'name' | 'path' | 'bytes' | 'sha256'>;

export interface ManifestParts {
  readonly run: string;
  readonly trainedAt: Date;
  readonly publishedAt: Date;
  readonly gitCommit: string | null;
  readonly licence: string | null;
  readonly settings: Readonly<Record<string, string>>;
  readonly dataset: DatasetIndex;
  /** The FP32 export; input and outputs of the others are the same. */
  readonly model: OnnxModel;
  readonly facts: ModelFacts;
  /** ONNX operator set of each model, by its name. */
  readonly opsets: Readonly<Partial<Record<ManifestFile['name'], number>>>;
  readonly evaluation: Evaluation;
  readonly parity: Parity;
  /** See test-scores.ts. */
  readonly testHash: string;
}

const MEANINGS: Readonly<Record<string, string>> = {
  photos: 'RGB photos, prepared as `preprocessing` says',
  embedding: 'what the model sees in a photo, of Euclidean length 1',
  score: 'how good the photo is, in [-1, 1]: higher is better; only the order of scores means something',
  mos: "mean opinion score: the score that people would give, on the scale of the training photos' scores",
};

/** As ml/images/decode.ts and geometry.ts do it. */
const PREPARATION = {
  orientation: 'exif',
  colourSpace: 'sRGB',
  channels: 'RGB',
  resizeSide: 'shortest',
  otherSide: 'floor',
  kernel: 'linear-antialiased',
  cropOffset: 'half-to-even',
} as const;

/** The manifest of a version whose documents are not yet written. */
export function manifestOf(parts: ManifestParts, version: string, files: readonly PlacedFile[]): Manifest {
  const { model, facts, dataset, evaluation, parity, opsets, testHash } = parts;
  const [input] = model.graph.input;
  if (input === undefined) throw new Error('the model has no input');
  const { size, crop, mean, std } = facts.preprocessing;
  return Manifest.parse({
    format: MANIFEST_FORMAT,
    name: 'emo-aen',
    version,
    run: parts.run,
    trainedAt: parts.trainedAt.toISOString(),
    publishedAt: parts.publishedAt.toISOString(),
    datasetHash: dataset.hash,
    testHash,
    synthetic: dataset.synthetic,
    weights: facts.weights,
    licence: parts.licence,
    backbone: facts.backbone,
    gitCommit: parts.gitCommit,
    settings: parts.settings,
    files: files.map((file) => ({
      ...file,
      opset: opsets[file.name] ?? null,
      runtimes: RUNTIMES[file.name],
      ...measuredBy(parity, file.name),
    })),
    documents: null,
    input: { ...described(input), layout: 'NCHW', preprocessing: { ...PREPARATION, resize: size, crop, mean, std } },
    outputs: model.graph.output.map(described),
    onnx: { opset: opsets.fp32, ir: model.irVersion },
    metrics: { pairwiseAccuracy: evaluation.pairwiseAccuracy, kendallTauB: evaluation.kendallTauB },
  });
}

function described({ name, type }: OnnxValue): { name: string; type: 'float32'; shape: (number | string)[]; meaning: string } {
  const shape = type?.tensorType?.shape?.dim.map(({ dimValue, dimParam }) => dimValue ?? dimParam ?? '?') ?? [];
  return { name, type: 'float32', shape, meaning: MEANINGS[name] ?? '' };
}
