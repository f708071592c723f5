/** Stage 4: the network of the settings with its first weights (method §4). No TensorFlow here: names, shapes, numbers and a file. */
import { join } from 'node:path';
import { Problem } from '../../configs/problem.js';
import type { SettingsOf } from '../../configs/schema/catalog.js';
import { variableOf } from '../../configs/schema/weights-source.js';
import { shownUrl, withShownUrls } from '../../configs/url.js';
import { metadataTexts } from '../../ml/engine/checkpoint.js';
import { writeJsonAtomically } from '../../ml/files/atomic.js';
import { initialise } from '../../ml/network/initialise.js';
import { describeNetwork, isTrained, type Network, type ParameterSpec } from '../../ml/network/network.js';
import { OF_RANDOM_WEIGHTS, settle } from '../../ml/weights/conventions.js';
import { forgetWeights, obtainWeights } from '../../ml/weights/fetch.js';
import { readWeights, type SourceWeights } from '../../ml/weights/load.js';
import { matchWeights, type MatchedWeights } from '../../ml/weights/match.js';
import { writeSafetensors } from '../../ml/weights/safetensors.js';
import type { TaskContext, TaskFunction } from '../task.js';

type ModelContext = TaskContext<SettingsOf<'model'>>;

export const model: TaskFunction<SettingsOf<'model'>> = async (context) => {
  const { seed, model } = context.settings;
  const source = await sourceOf(context);
  const { spec, warnings } = settle(model, source.weights?.conventions ?? OF_RANDOM_WEIGHTS);
  const network = describeNetwork(spec);
  const matched = source.weights === null ? NOTHING : matchWeights(network, source.weights);
  const tensors = new Map([...initialise(network, seed), ...matched.tensors]);
  const weights = source.provenance;
  const normalize = source.weights?.conventions.normalize ?? null;
  const checkpoint = await context.file('checkpoints', context.folder, 'initial.safetensors');
  const metadata = { network: spec, weights, seed, ...(normalize === null ? {} : { normalize }), trained: null };
  await writeSafetensors(checkpoint, tensors, metadataTexts(metadata));
  const parameters = await context.file('runs', context.folder, 'model.json');
  const counts = countsOf(network);
  const family = source.weights?.family ?? null;
  await writeJsonAtomically(parameters, {
    version: 1,
    network: spec,
    seed,
    weights,
    family,
    normalize,
    notes: matched.notes,
    counts,
    parameters: network.parameters.map((parameter) => ({
      ...parameter,
      trained: isTrained(parameter, spec),
      count: countOf(parameter),
    })),
  });
  const { backbone, embedding, padding, batchNorm } = spec;
  return {
    artifacts: [
      { name: 'initial-checkpoint', path: checkpoint },
      { name: 'parameters', path: parameters },
    ],
    summary: {
      backbone,
      embedding,
      padding,
      epsilon: batchNorm.epsilon,
      weights,
      ...(family === null ? {} : { family }),
      ...(matched.notes.length === 0 ? {} : { notes: matched.notes.join('; ') }),
      ...counts,
    },
    warnings: [...source.warnings, ...warnings],
  };
};

const NOTHING: MatchedWeights = { tensors: new Map(), notes: [] };

interface Source {
  /** Null: random. */
  readonly weights: SourceWeights | null;
  /** `random (why)`, or source and sha256. */
  readonly provenance: string;
  readonly warnings: readonly string[];
}

async function sourceOf(context: ModelContext): Promise<Source> {
  const { weights, backbone } = context.settings.model;
  const { source: named, sha256, onUnavailable } = weights;
  if (named === null) return random('no source is set');
  const variable = variableOf(named);
  const source = variable === null ? named : context.secret(variable);
  // The rest of a URL may be a key: nothing that is kept or shown holds it.
  const shown = shownUrl(source);
  try {
    const cacheFolder = join(context.root, '.emo-aen', 'cache', 'weights');
    const { progress, signal, root } = context;
    const obtained = await obtainWeights({ source, sha256, root, cacheFolder, signal, progress: (told) => progress(told) });
    const read = await readWeights({ file: obtained.file, source: shown, backbone, signal }).catch(async (error: unknown) => {
      if (error instanceof Problem && error.code === 'WEIGHTS') await forgetWeights({ source, sha256 }, obtained);
      throw error;
    });
    const before = read.own === null ? '' : `, which began from ${withShownUrls(read.own.weights)}`;
    return { weights: read, provenance: `${shown} (sha256 ${obtained.sha256})${before}`, warnings: obtained.warnings };
  } catch (error) {
    if (onUnavailable === 'random' && error instanceof Problem && UNAVAILABLE.has(error.code))
      return random(`${shown} is unavailable: ${error.message}`);
    throw error;
  }
}

/** A file that is there but wrong (WEIGHTS) is never passed over. */
const UNAVAILABLE: ReadonlySet<Problem['code']> = new Set(['UNREACHABLE', 'NOT_FOUND']);

function random(why: string): Source {
  return {
    weights: null,
    provenance: `random (${why})`,
    warnings: [`the network begins with random weights (${why}): it learns far less from few photos than with ImageNet weights`],
  };
}

function countOf({ shape }: ParameterSpec): number {
  return shape.reduce((product, side) => product * side, 1);
}

function countsOf({ parameters, spec }: Network): { readonly parameters: number; readonly trained: number } {
  const sum = (some: readonly ParameterSpec[]): number => some.reduce((total, parameter) => total + countOf(parameter), 0);
  return { parameters: sum(parameters), trained: sum(parameters.filter((parameter) => isTrained(parameter, spec))) };
}
