/** Weights from a file of any kind that is read, by our names, and the check that they are those of the network. */
import { open } from 'node:fs/promises';
import { Problem } from '../../configs/problem.js';
import { isCheckpoint, readMetadata } from '../engine/checkpoint.js';
import { isOptimizerTensor } from '../engine/native-state.js';
import { visible } from '../images/names.js';
import type { NetworkSpec } from '../network/network.js';
import type { BackboneName } from '../../configs/schema/backbones.js';
import { FAMILIES, familyOf, type Conventions, type Family } from './families.js';
import { looksLikeHdf5, readHdf5 } from './hdf5.js';
import type { Meaning } from './names.js';
import { KIND_BYTES, knownMistake } from './kinds.js';
import { looksLikePytorch, readPytorch } from './pytorch.js';
import { readSafetensors, type Tensor, type TensorFile } from './safetensors.js';
import { MAX_BYTES, tooLarge } from './size.js';

export interface WeightsFile {
  /** Absolute path. */
  readonly file: string;
  /** Where it came from, in the person's words: a path or a URL. */
  readonly source: string;
  /** The network that the weights are wanted for. */
  readonly backbone: BackboneName;
  readonly signal: AbortSignal;
}

export interface SourceWeights {
  readonly family: Family | typeof OWN;
  readonly conventions: Conventions;
  /** By our names and in our order of axes. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Names of what is no parameter of ours, or one that another tensor is already. */
  readonly surplus: readonly string[];
  /** The name in the file of each tensor that has another one here. */
  readonly theirs: ReadonlyMap<string, string>;
  /** What of the file was left out, in words. */
  readonly notes: readonly string[];
  /** Of one of our own checkpoints: its network, which has a head, and what that began from. */
  readonly own: { readonly network: NetworkSpec; readonly weights: string } | null;
}

export const OWN = 'emo-aen';
/** What trainers and wrappers put before every name. */
const PREFIXES = ['module.', 'model.', '_orig_mod.', 'backbone.'];

/**
 * Reads safetensors, a PyTorch checkpoint or Keras' HDF5, told apart by their first bytes: with torchvision's, timm's or Keras' names,
 * or one of our own checkpoints.
 * @throws Problem WEIGHTS where the file is none of these, is damaged, or its names are nobody's.
 */
export async function readWeights({ file, source, backbone, signal }: WeightsFile): Promise<SourceWeights> {
  const { tensors: named, metadata } = await readTensors(file, signal);
  if (isCheckpoint(metadata)) return ownWeights({ tensors: named, metadata }, file);
  const { tensors, prefix } = withoutPrefix(named);
  const family = familyOf(tensors.keys(), source);
  if (family === null)
    throw new Problem({
      code: 'WEIGHTS',
      message: `names of no known family: it begins with ${[...tensors.keys()].slice(0, 3).map(visible).join(', ') || 'nothing'}`,
      where: file,
      cure: "give weights of MobileNetV3-Large with torchvision's, timm's or Keras' names, or a checkpoint of emo-aen",
    });
  const { padding, epsilon, normalize, map } = FAMILIES[family];
  const meanings = map(tensors.keys(), backbone);
  const { notes, ...rest } = renamed(tensors, meanings);
  const taken = prefix === '' ? [] : [`the prefix ${prefix} was taken off every name`];
  return { family, conventions: { padding, epsilon, normalize }, own: null, ...rest, notes: [...taken, ...notes] };
}

/** Without what stands before all names alike. */
function withoutPrefix(tensors: ReadonlyMap<string, Tensor>): { readonly tensors: ReadonlyMap<string, Tensor>; readonly prefix: string } {
  const names = [...tensors.keys()];
  let prefix = '';
  for (let next = prefixOf(names, prefix); next !== undefined; next = prefixOf(names, prefix)) prefix += next;
  return { tensors: new Map([...tensors].map(([name, tensor]) => [name.slice(prefix.length), tensor])), prefix };
}

function prefixOf(names: readonly string[], known: string): string | undefined {
  return names.length === 0 ? undefined : PREFIXES.find((prefix) => names.every((name) => name.startsWith(known + prefix)));
}

async function readTensors(file: string, signal: AbortSignal): Promise<TensorFile> {
  const { start, bytes } = await beginning(file);
  if (bytes > MAX_BYTES) throw tooLarge(file, bytes);
  if (bytes === 0) throw new Problem({ code: 'WEIGHTS', message: 'an empty file', where: file, cure: 'fetch or copy it again' });
  const mistake = knownMistake(start);
  if (mistake !== null) throw new Problem({ code: 'WEIGHTS', message: mistake.message, where: file, cure: mistake.cure ?? '' });
  if (looksLikePytorch(start)) return { tensors: await readPytorch(file), metadata: {} };
  if (looksLikeHdf5(start)) return { tensors: await readHdf5(file, { signal }), metadata: {} };
  return readSafetensors(file);
}

function renamed(
  tensors: ReadonlyMap<string, Tensor>,
  meanings: ReadonlyMap<string, Meaning>,
): Pick<SourceWeights, 'tensors' | 'surplus' | 'theirs' | 'notes'> {
  const ours = new Map<string, Tensor>();
  const surplus: string[] = [];
  const theirs = new Map<string, string>();
  const left = { classifier: 0, optimizer: 0 };
  for (const [name, tensor] of tensors) {
    const meaning: Meaning = meanings.get(name) ?? { kind: 'unknown' };
    if (meaning.kind === 'classifier' || meaning.kind === 'optimizer') left[meaning.kind]++;
    else if (meaning.kind === 'unknown' || ours.has(meaning.name)) surplus.push(name);
    else {
      ours.set(meaning.name, meaning.axes === null ? tensor : transposed(tensor, meaning.axes));
      if (name !== meaning.name) theirs.set(meaning.name, name);
    }
  }
  return { tensors: ours, surplus, theirs, notes: leftOut(left) };
}

function leftOut({ classifier, optimizer }: { readonly classifier: number; readonly optimizer: number }): string[] {
  return [
    ...(classifier === 0 ? [] : [`left out: its classifier (${classifier} tensors)`]),
    ...(optimizer === 0 ? [] : [`left out: its optimiser's state (${optimizer} tensors)`]),
  ];
}

function ownWeights({ tensors, metadata }: TensorFile, file: string): SourceWeights {
  const { network, weights, normalize, trained } = readMetadata(metadata, file);
  const prepared = trained?.preprocess ?? normalize;
  const kept = new Map([...tensors].filter(([name]) => !isOptimizerTensor(name)));
  return {
    family: OWN,
    conventions: {
      padding: network.padding,
      epsilon: network.batchNorm.epsilon,
      normalize: prepared === undefined ? null : { mean: prepared.mean, std: prepared.std },
    },
    tensors: kept,
    surplus: [],
    theirs: new Map(),
    notes: leftOut({ classifier: 0, optimizer: tensors.size - kept.size }),
    own: { network, weights },
  };
}

/** With its axes in the order of `axes`; a tensor of another rank stays as it is, and is told to be misshapen. */
function transposed({ shape, data }: Tensor, axes: readonly number[]): Tensor {
  if (shape.length !== axes.length) return { shape, data };
  const at = (list: ArrayLike<number>, index: number): number => list[index] ?? NaN;
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
  const turned = axes.map((axis) => at(shape, axis));
  const steps = axes.map((axis) => at(strides, axis));
  const out = new Float32Array(data.length);
  for (let index = 0; index < out.length; index++) {
    let rest = index;
    let from = 0;
    for (let axis = turned.length - 1; axis >= 0; axis--) {
      const side = at(turned, axis);
      from += (rest % side) * at(steps, axis);
      rest = Math.floor(rest / side);
    }
    out[index] = at(data, from);
  }
  return { shape: turned, data: out };
}

async function beginning(path: string): Promise<{ readonly start: Buffer; readonly bytes: number }> {
  const file = await open(path, 'r');
  try {
    const start = Buffer.alloc(KIND_BYTES);
    await file.read(start, 0, KIND_BYTES, 0);
    return { start, bytes: (await file.stat()).size };
  } finally {
    await file.close();
  }
}
