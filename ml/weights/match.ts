/** Whether weights are those of a network: everything that is missing, surplus or misshapen is told at once. */
import { Problem } from '../../configs/problem.js';
import { visible } from '../images/names.js';
import type { Network, NetworkSpec, ParameterSpec } from '../network/network.js';
import type { SourceWeights } from './load.js';
import type { Tensor } from './safetensors.js';

export interface MatchedWeights {
  /** By name: the backbone's parameters, and from a checkpoint of our own also head, direction and regression. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** What was left out, and what the weights do not fill though they could, in words. */
  readonly notes: readonly string[];
}

/** @throws Problem WEIGHTS that lists every difference between the weights and the network. */
export function matchWeights(network: Network, weights: SourceWeights): MatchedWeights {
  const { own, notes } = weights;
  if (own === null) {
    const backbone = network.parameters.filter(({ name }) => name.startsWith('features.'));
    return { tensors: exactly(backbone, weights), notes };
  }
  insistOnSameNetwork(network.spec, own.network);
  if (network.spec.regression === own.network.regression) return { tensors: exactly(network.parameters, weights), notes };
  const note = own.network.regression
    ? 'left out: its regression head, since model.regression is off'
    : 'its regression head begins with random numbers: the checkpoint has none';
  const common = { ...weights, tensors: new Map([...weights.tensors].filter(([name]) => !isRegression(name))) };
  const expected = network.parameters.filter(({ name }) => !isRegression(name));
  return { tensors: exactly(expected, common), notes: [...notes, note] };
}

function isRegression(name: string): boolean {
  return name.startsWith('regression.');
}

/** Where shapes alone would be a long list that says little. */
function insistOnSameNetwork(wanted: NetworkSpec, checkpoint: NetworkSpec): void {
  const folded = (spec: NetworkSpec): string => (spec.batchNorm.mode === 'folded' ? 'folded' : 'trained or frozen');
  const compared: readonly (readonly [setting: string, wanted: string | number, found: string | number])[] = [
    ['backbone', wanted.backbone, checkpoint.backbone],
    ['embedding', wanted.embedding, checkpoint.embedding],
    ['batchNorm.mode', folded(wanted), folded(checkpoint)],
  ];
  const different = compared.filter(([, ours, theirs]) => ours !== theirs);
  if (different.length === 0) return;
  throw new Problem({
    code: 'WEIGHTS',
    message: `the checkpoint is of another network: ${different
      .map(([setting, ours, theirs]) => `its model.${setting} is ${theirs}, the settings say ${ours}`)
      .join('; ')}`,
    cure: `begin from a checkpoint of this network, or set ${different.map(([setting, , theirs]) => `model.${setting} to ${theirs}`).join(', ')}`,
  });
}

function exactly(expected: readonly ParameterSpec[], { tensors: found, surplus, theirs }: SourceWeights): Map<string, Tensor> {
  const matched = new Map<string, Tensor>();
  const faults: string[] = [];
  for (const { name, shape } of expected) {
    const tensor = found.get(name);
    if (tensor === undefined) faults.push(`missing ${name} [${shape.join(', ')}]`);
    else if (tensor.shape.join() !== shape.join()) faults.push(misshapen(name, theirs.get(name), tensor.shape, shape));
    else matched.set(name, tensor);
  }
  const known = new Set(expected.map(({ name }) => name));
  const unused = [...found.keys()].filter((name) => !known.has(name)).map((name) => theirs.get(name) ?? name);
  faults.push(...[...unused, ...surplus].map((name) => `surplus ${name}`));
  if (faults.length === 0) return matched;
  throw new Problem({
    code: 'WEIGHTS',
    message: `the weights are not those of this network (${faults.length} tensors differ):\n  ${faults.map(visible).join('\n  ')}`,
    cure: cureFor(expected, found),
  });
}

function misshapen(name: string, theirs: string | undefined, found: readonly number[], expected: readonly number[]): string {
  const named = theirs === undefined ? name : `${name} (in the file ${theirs})`;
  return `misshapen ${named}: [${found.join(', ')}], not [${expected.join(', ')}]`;
}

function cureFor(expected: readonly ParameterSpec[], found: ReadonlyMap<string, Tensor>): string {
  const folded = found.has('features.0.0.bias');
  const wantsFolded = expected.some(({ name }) => name === 'features.0.0.bias');
  if (folded && !wantsFolded) return 'batch norm is folded in these weights: set model.batchNorm.mode: folded';
  if (wantsFolded && !folded) return 'batch norm is not folded in these weights: set model.batchNorm.mode: trained or frozen';
  return 'check model.backbone against the weights (Large, Small and minimalistic have other shapes)';
}
