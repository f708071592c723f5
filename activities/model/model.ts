/** Stage 4: the network of the settings with its first weights (method §4). No TensorFlow here: names, shapes, numbers and a file. */
import { join } from 'node:path';
import { Problem } from '../../configs/problem.js';
import type { SettingsOf } from '../../configs/schema/catalog.js';
import { metadataTexts } from '../../ml/engine/checkpoint.js';
import { writeJsonAtomically } from '../../ml/files/atomic.js';
import { initialise } from '../../ml/network/initialise.js';
import { describeNetwork, isTrained, type Network, type ParameterSpec } from '../../ml/network/network.js';
import { obtainWeights } from '../../ml/weights/fetch.js';
import { backboneParameters, loadBackboneWeights, matchWeights } from '../../ml/weights/load.js';
import { FAMILIES } from '../../ml/weights/names.js';
import { writeSafetensors, type Tensor } from '../../ml/weights/safetensors.js';
import type { TaskContext, TaskFunction } from '../task.js';

type ModelContext = TaskContext<SettingsOf<'model'>>;

export const model: TaskFunction<SettingsOf<'model'>> = async (context) => {
  const { seed, model } = context.settings;
  const { backbone, embedding, padding, batchNorm } = model;
  // The head is there wherever it may be needed; training drops it where no photo has a score.
  const network = describeNetwork({ backbone, embedding, padding, batchNorm, regression: model.regression !== 'off' });
  const first = await firstWeights(context, network);
  const tensors = new Map([...initialise(network, seed), ...first.tensors]);
  const checkpoint = await context.file('checkpoints', context.run, 'initial.safetensors');
  await writeSafetensors(checkpoint, tensors, metadataTexts({ network: network.spec, weights: first.provenance, seed, trained: null }));
  const parameters = await context.file('runs', context.run, 'model.json');
  const counts = countsOf(network);
  await writeJsonAtomically(parameters, {
    version: 1,
    network: network.spec,
    seed,
    weights: first.provenance,
    counts,
    parameters: network.parameters.map((parameter) => ({
      ...parameter,
      trained: isTrained(parameter, network.spec),
      count: countOf(parameter),
    })),
  });
  return {
    artifacts: [
      { name: 'initial-checkpoint', path: checkpoint },
      { name: 'parameters', path: parameters },
    ],
    summary: { backbone, embedding, weights: first.provenance, ...counts },
    warnings: first.warnings,
  };
};

interface FirstWeights {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** `random`, `random (why)`, or source and sha256. */
  readonly provenance: string;
  readonly warnings: readonly string[];
}

async function firstWeights(context: ModelContext, network: Network): Promise<FirstWeights> {
  const { source, sha256, onUnavailable } = context.settings.model.weights;
  if (source === null) return random('no source is set');
  try {
    const cacheFolder = join(context.root, '.emo-aen', 'cache', 'weights');
    const { progress, signal, root } = context;
    const obtained = await obtainWeights({ source, sha256, root, cacheFolder, signal, progress: (told) => progress(told) });
    const { tensors, family } = await loadBackboneWeights(obtained.file);
    const matched = matchWeights(backboneParameters(network.parameters), tensors);
    return { tensors: matched, provenance: `${source} (sha256 ${obtained.sha256})`, warnings: mismatches(context, family) };
  } catch (error) {
    if (onUnavailable === 'random' && error instanceof Problem && UNAVAILABLE.has(error.code))
      return random(`${source} is unavailable: ${error.message}`);
    throw error;
  }
}

/** A file that is there but wrong (WEIGHTS) is never passed over. */
const UNAVAILABLE: ReadonlySet<Problem['code']> = new Set(['UNREACHABLE', 'NOT_FOUND']);

function random(why: string): FirstWeights {
  return {
    tensors: new Map(),
    provenance: `random (${why})`,
    warnings: [`the network begins with random weights (${why}): it learns far less from few photos than with ImageNet weights`],
  };
}

function mismatches({ settings }: ModelContext, family: keyof typeof FAMILIES): string[] {
  const { epsilon } = FAMILIES[family];
  const { batchNorm } = settings.model;
  if (batchNorm.mode === 'folded' || batchNorm.epsilon === epsilon) return [];
  return [`weights with ${family}'s names expect model.batchNorm.epsilon ${epsilon}, the settings say ${batchNorm.epsilon}`];
}

function countOf({ shape }: ParameterSpec): number {
  return shape.reduce((product, side) => product * side, 1);
}

function countsOf({ parameters, spec }: Network): { readonly parameters: number; readonly trained: number } {
  const sum = (some: readonly ParameterSpec[]): number => some.reduce((total, parameter) => total + countOf(parameter), 0);
  return { parameters: sum(parameters), trained: sum(parameters.filter((parameter) => isTrained(parameter, spec))) };
}
