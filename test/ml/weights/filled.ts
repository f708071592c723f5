import type { Tensor } from '../../../ml/weights/safetensors.js';

/** Zeros but for the first number, which is enough to tell tensors apart. */
export function filled(shape: readonly number[], first: number): Tensor {
  const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
  data[0] = first;
  return { shape, data };
}
