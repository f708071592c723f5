/** Weights of a backbone from a file of any kind that is read, by our names, and the check that they are those of the network. */
import { open } from 'node:fs/promises';
import { Problem } from '../../configs/problem.js';
import type { ParameterSpec } from '../network/network.js';
import { familyOf, FAMILIES, fromTimm, isClassifier, type Family } from './names.js';
import { looksLikePytorch, readPytorch } from './pytorch.js';
import { readSafetensors, type Tensor } from './safetensors.js';

export interface BackboneWeights {
  /** By our names; a classifier of the source is left out. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Whose names the file has. What that family's batch norm and padding are: `FAMILIES`. */
  readonly family: Family;
}

/**
 * Reads safetensors or a PyTorch checkpoint, told apart by their first bytes, with torchvision's or timm's names.
 * @throws Problem WEIGHTS where the file is neither, or its names are nobody's.
 */
export async function loadBackboneWeights(file: string): Promise<BackboneWeights> {
  const tensors = looksLikePytorch(await firstBytes(file)) ? await readPytorch(file) : (await readSafetensors(file)).tensors;
  const family = familyOf(tensors.keys());
  if (family === null)
    throw new Problem({
      code: 'WEIGHTS',
      message: `names of no known family: it begins with ${[...tensors.keys()].slice(0, 3).join(', ') || 'nothing'}`,
      where: file,
      cure: `give weights of MobileNetV3-Large with the names of ${Object.keys(FAMILIES).join(' or ')}`,
    });
  const ours = family === 'timm' ? fromTimm(tensors.keys()) : null;
  const kept = [...tensors].filter(([name]) => !isClassifier(name));
  return { family, tensors: new Map(kept.map(([name, tensor]) => [ours?.get(name) ?? name, tensor])) };
}

/** The network's parameters that weights from outside fill; head, direction and regression are learned here. */
export function backboneParameters(parameters: readonly ParameterSpec[]): ParameterSpec[] {
  return parameters.filter(({ name }) => name.startsWith('features.'));
}

/**
 * Exactly the expected tensors, by name.
 * @throws Problem WEIGHTS that lists every missing, surplus and misshapen tensor at once.
 */
export function matchWeights(expected: readonly ParameterSpec[], found: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const matched = new Map<string, Tensor>();
  const faults: string[] = [];
  for (const { name, shape } of expected) {
    const tensor = found.get(name);
    if (tensor === undefined) faults.push(`missing ${name} [${shape.join(', ')}]`);
    else if (tensor.shape.length !== shape.length || tensor.shape.some((side, axis) => side !== shape[axis]))
      faults.push(`misshapen ${name}: [${tensor.shape.join(', ')}], not [${shape.join(', ')}]`);
    else matched.set(name, tensor);
  }
  const known = new Set(expected.map(({ name }) => name));
  for (const name of found.keys()) if (!known.has(name)) faults.push(`surplus ${name}`);
  if (faults.length === 0) return matched;
  throw new Problem({
    code: 'WEIGHTS',
    message: `the weights are not those of this network (${faults.length} tensors differ):\n  ${faults.join('\n  ')}`,
    cure: cureFor(expected, found),
  });
}

function cureFor(expected: readonly ParameterSpec[], found: ReadonlyMap<string, Tensor>): string {
  const folded = found.has('features.0.0.bias');
  const wantsFolded = expected.some(({ name }) => name === 'features.0.0.bias');
  if (folded && !wantsFolded) return 'batch norm is folded in these weights: set model.batchNorm.mode: folded';
  if (wantsFolded && !folded) return 'batch norm is not folded in these weights: set model.batchNorm.mode: trained or frozen';
  return 'check model.backbone against the weights (mobilenet_v3_large has squeeze-and-excite, its minimalistic variant has none)';
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const start = Buffer.alloc(4);
    await file.read(start, 0, 4, 0);
    return start;
  } finally {
    await file.close();
  }
}
