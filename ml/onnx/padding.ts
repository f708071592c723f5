/** Explicit padding of a convolution: ONNX takes numbers for each side, so both conventions end as one attribute. */
import type { NetworkSpec } from '../network/network.js';

export interface Padded {
  /** Zeros before and after the values along one axis. */
  readonly before: number;
  readonly after: number;
  /** Values along that axis after the convolution. */
  readonly size: number;
}

/**
 * Padding along one axis of `size` values. `symmetric` is PyTorch's: (kernel - 1) / 2 on both sides; `same` is TensorFlow's:
 * as many outputs as ceil(size / stride), the odd zero after.
 */
export function paddingFor(padding: NetworkSpec['padding'], size: number, kernel: number, stride: number): Padded {
  if (padding === 'symmetric') {
    const side = (kernel - 1) / 2;
    return { before: side, after: side, size: Math.floor((size + 2 * side - kernel) / stride) + 1 };
  }
  const out = Math.ceil(size / stride);
  const total = Math.max((out - 1) * stride + kernel - size, 0);
  const before = Math.floor(total / 2);
  return { before, after: total - before, size: out };
}
