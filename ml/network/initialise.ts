/** Where a network's parameters begin when no weights are given: torchvision's way, from numbers drawn by seed and place. */
import { Draws } from '../random/philox.js';
import type { Tensor } from '../weights/safetensors.js';
import type { Network, ParameterKind, ParameterSpec } from './network.js';

/** Of dense layers (torchvision's MobileNetV3). */
const DENSE_DEVIATION = 0.01;

const CONSTANT: Readonly<Partial<Record<ParameterKind, number>>> = { bias: 0, scale: 1, shift: 0, runningMean: 0, runningVariance: 1 };

/**
 * Convolutions: normal with variance 2 / fan_out, fan_out = out * k * k (He et al., "Delving Deep into Rectifiers", 2015, mode fan_out,
 * as torchvision calls it, depthwise ones too); dense layers: normal with deviation 0.01; the direction: normal with deviation
 * 1 / sqrt(embedding), so that its length is about 1; norms 1 and 0; biases 0. Each parameter has numbers of its own: a network with
 * one more head begins with the same others.
 */
export function initialise(network: Network, seed: number): Map<string, Tensor> {
  return new Map(network.parameters.map((parameter, index) => [parameter.name, initialTensor(parameter, seed, index)]));
}

function initialTensor({ shape, kind }: ParameterSpec, seed: number, index: number): Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  const constant = CONSTANT[kind];
  if (constant !== undefined) return { shape, data: new Float32Array(size).fill(constant) };
  const deviation = deviationOf(shape);
  const draws = new Draws('initialise', { seed, epoch: 0, index });
  return { shape, data: Float32Array.from({ length: size }, () => deviation * normal(draws)) };
}

function deviationOf(shape: readonly number[]): number {
  const [out = 1, , height, width] = shape;
  if (height !== undefined && width !== undefined) return Math.sqrt(2 / (out * height * width));
  return shape.length === 1 ? 1 / Math.sqrt(out) : DENSE_DEVIATION;
}

/** A standard normal number from two uniform ones (Box and Muller, 1958). */
function normal(draws: Draws): number {
  // 1 - u lies in (0, 1], whose logarithm is finite.
  const radius = Math.sqrt(-2 * Math.log(1 - draws.uniform()));
  return radius * Math.cos(2 * Math.PI * draws.uniform());
}
