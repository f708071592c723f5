/**
 * What each kind of node computes and how its gradient runs back, with TensorFlow's own kernels: one function a kind.
 * A gradient that comes in may be smaller than its value where it is the same along some axes (a mean's gradient is): what
 * adds and multiplies broadcasts it, and what cannot broadcast asks for it `whole`.
 */
import {
  INPUT,
  type BatchNormNode,
  type ConvNode,
  type CosineNode,
  type DenseNode,
  type Node,
  type ScaleNode,
} from '../network/network.js';
import type { NetworkSpec } from '../network/network.js';
import type { FusedNode, NormActivationNode } from './fuse.js';
import type { Kernels, Value } from './kernels.js';
import * as ops from './ops.js';
import * as own from './own.js';

/** Gradients of a node's inputs and of its parameters, by name. */
export type Gradients = readonly (readonly [name: string, gradient: Value])[];

export interface Applied {
  readonly output: Value;
  backward(gradient: Value): Gradients;
}

export interface LayerContext {
  readonly k: Kernels;
  readonly spec: NetworkSpec;
  /** Batch norm by the batch, and its running averages kept up. */
  readonly training: boolean;
  value(name: string): Value;
  parameter(name: string): Value;
  /** The new running average of parameter `name`. */
  average(name: string, value: Value): void;
}

type Layer<N> = (node: N, context: LayerContext) => Applied;

const conv: Layer<ConvNode> = (node, { k, spec, value, parameter }) => {
  const x = value(node.input);
  const kind: ops.ConvolutionKind = node.groups === 1 ? 'dense' : 'depthwise';
  const stepping = { stride: node.stride, kernel: node.kernel, padding: spec.padding };
  const filter = ops.cast(k, parameter(node.weight), x.dtype);
  const convolved = ops.convolution(k, kind, x, filter, stepping);
  const output = node.bias === null ? convolved.output : ops.biasAdd(k, convolved.output, ops.cast(k, parameter(node.bias), x.dtype));
  return {
    output,
    backward(gradient) {
      const dy = ops.broadcastTo(k, gradient, output.shape);
      const gradients: [string, Value][] = [[node.weight, ops.cast(k, convolved.filterGradient(dy), 'float32')]];
      if (node.bias !== null) gradients.push([node.bias, ops.cast(k, ops.biasGradient(k, dy), 'float32')]);
      if (node.input !== INPUT) gradients.push([node.input, convolved.inputGradient(dy)]);
      return gradients;
    },
  };
};

const batchNorm: Layer<BatchNormNode> = (node, { k, spec, training, value, parameter, average }) => {
  const x = value(node.input);
  const [scale, shift] = [parameter(`${node.prefix}.weight`), parameter(`${node.prefix}.bias`)];
  const [mean, variance] = [`${node.prefix}.running_mean`, `${node.prefix}.running_var`];
  const { mode, epsilon, momentum } = spec.batchNorm;
  const settings = { epsilon, momentum, byBatch: training && mode === 'trained' };
  const normed = ops.batchNorm(k, x, scale, shift, parameter(mean), parameter(variance), settings);
  if (settings.byBatch) {
    average(mean, normed.mean);
    average(variance, normed.variance);
  }
  return {
    output: normed.output,
    backward(gradient) {
      const reserved = settings.byBatch ? normed.reserved : ([parameter(mean), parameter(variance)] as const);
      const back = ops.batchNormGradient(k, ops.broadcastTo(k, gradient, x.shape), x, scale, reserved, settings);
      const own: Gradients =
        mode === 'trained'
          ? [
              [`${node.prefix}.weight`, back.scale],
              [`${node.prefix}.bias`, back.shift],
            ]
          : [];
      return [[node.input, back.x], ...own];
    },
  };
};

/** Batch norm by the batch and the activation behind it, in one kernel each way. */
const normActivation: Layer<NormActivationNode> = (node, { k, spec, value, parameter, average }) => {
  const x = value(node.input);
  const [scale, shift] = [parameter(`${node.prefix}.weight`), parameter(`${node.prefix}.bias`)];
  const [mean, variance] = [`${node.prefix}.running_mean`, `${node.prefix}.running_var`];
  const normed = own.batchNorm(
    k,
    x,
    { scale, shift, mean: parameter(mean), variance: parameter(variance) },
    spec.batchNorm,
    node.activation,
  );
  average(mean, normed.mean);
  average(variance, normed.variance);
  return {
    output: normed.output,
    backward(gradient) {
      const back = normed.gradient(ops.broadcastTo(k, gradient, x.shape));
      return [
        [node.input, back.x],
        [`${node.prefix}.weight`, back.scale],
        [`${node.prefix}.bias`, back.shift],
      ];
    },
  };
};

const relu: Layer<Node> = (node, { k, value }) => {
  const output = ops.unary(k, 'Relu', value(node.input));
  return {
    output,
    backward: (gradient) => [[node.input, ops.activationGradient(k, 'ReluGrad', ops.broadcastTo(k, gradient, output.shape), output)]],
  };
};

/** relu6(x + 3) / 6. */
const hardSigmoid: Layer<Node> = (node, { k, value }) => {
  const shifted = ops.plus(k, value(node.input), 3);
  return {
    output: ops.times(k, ops.unary(k, 'Relu6', shifted), 1 / 6),
    backward: (gradient) => [
      [node.input, ops.activationGradient(k, 'Relu6Grad', ops.broadcastTo(k, ops.times(k, gradient, 1 / 6), shifted.shape), shifted)],
    ],
  };
};

/** x * relu6(x + 3) / 6. */
const hardSwish: Layer<Node> = (node, { k, value }) => {
  const x = value(node.input);
  const shifted = ops.plus(k, x, 3);
  const gate = ops.unary(k, 'Relu6', shifted);
  return {
    output: ops.times(k, ops.binary(k, 'Mul', x, gate), 1 / 6),
    backward(gradient) {
      const sixth = ops.times(k, gradient, 1 / 6);
      const through = ops.activationGradient(k, 'Relu6Grad', ops.binary(k, 'Mul', sixth, x), shifted);
      return [[node.input, ops.binary(k, 'AddV2', ops.binary(k, 'Mul', sixth, gate), through)]];
    },
  };
};

const SPACE = [1, 2];

const globalAverage: Layer<Node> = (node, { k, value }) => {
  const x = value(node.input);
  const [, height = 1, width = 1] = x.shape;
  return {
    output: ops.reduce(k, 'Mean', x, SPACE),
    backward: (gradient) => [[node.input, ops.times(k, gradient, 1 / (height * width))]],
  };
};

const scale: Layer<ScaleNode> = (node, { k, value }) => {
  const [x, by] = [value(node.input), value(node.by)];
  return {
    output: ops.binary(k, 'Mul', x, by),
    backward: (gradient) => [
      [node.input, ops.binary(k, 'Mul', gradient, by)],
      [node.by, ops.reduce(k, 'Sum', ops.binary(k, 'Mul', gradient, x), SPACE)],
    ],
  };
};

const add: Layer<Extract<Node, { op: 'add' }>> = (node, { k, value }) => ({
  output: ops.binary(k, 'AddV2', value(node.input), value(node.other)),
  backward: (gradient) => [
    [node.input, gradient],
    [node.other, gradient],
  ],
});

/** Also the end of half precision: features and everything after them are float32. */
const flatten: Layer<Node> = (node, { k, value }) => {
  const x = value(node.input);
  const [count = 0, , , channels = 0] = x.shape;
  return {
    output: ops.cast(k, ops.reshape(k, x, [count, channels]), 'float32'),
    backward: (gradient) => [[node.input, ops.cast(k, ops.reshape(k, gradient, x.shape), x.dtype)]],
  };
};

const dense: Layer<DenseNode> = (node, { k, value, parameter }) => {
  const [x, weight] = [value(node.input), parameter(node.weight)];
  return {
    output: ops.biasAdd(k, ops.matMul(k, x, weight, { b: true }), parameter(node.bias)),
    backward: (gradient) => [
      [node.weight, ops.matMul(k, gradient, x, { a: true })],
      [node.bias, ops.biasGradient(k, gradient)],
      [node.input, ops.matMul(k, gradient, weight)],
    ],
  };
};

const LEAST_LENGTH = 1e-12;

/** Rows of `x` to length 1, and the gradient of `x` from that of the rows: (dy - y (y . dy)) / |x|. */
function unitRows(k: Kernels, x: Value): { readonly rows: Value; gradient(dy: Value): Value } {
  const square = ops.reduce(k, 'Sum', ops.unary(k, 'Square', x), [1]);
  const inverse = ops.unary(k, 'Rsqrt', ops.binary(k, 'Maximum', square, ops.scalar(k, LEAST_LENGTH ** 2)));
  const rows = ops.binary(k, 'Mul', x, inverse);
  return {
    rows,
    gradient(dy) {
      const along = ops.reduce(k, 'Sum', ops.binary(k, 'Mul', dy, rows), [1]);
      return ops.binary(k, 'Mul', ops.binary(k, 'Sub', dy, ops.binary(k, 'Mul', rows, along)), inverse);
    },
  };
}

const l2Normalize: Layer<Node> = (node, { k, value }) => {
  const unit = unitRows(k, value(node.input));
  return { output: unit.rows, backward: (gradient) => [[node.input, unit.gradient(gradient)]] };
};

const cosine: Layer<CosineNode> = (node, { k, value, parameter }) => {
  const [rows, direction] = [value(node.input), parameter(node.direction)];
  const [count = 0, width = 0] = rows.shape;
  const unit = unitRows(k, ops.reshape(k, direction, [1, width]));
  return {
    output: ops.reshape(k, ops.matMul(k, rows, unit.rows, { b: true }), [count]),
    backward(gradient) {
      const column = ops.reshape(k, gradient, [count, 1]);
      const dUnit = ops.matMul(k, column, rows, { a: true });
      return [
        [node.direction, ops.reshape(k, unit.gradient(dUnit), [width])],
        [node.input, ops.matMul(k, column, unit.rows)],
      ];
    },
  };
};

/** Applies one node. */
export function applyNode(node: FusedNode, context: LayerContext): Applied {
  switch (node.op) {
    case 'conv':
      return conv(node, context);
    case 'batchNorm':
      return batchNorm(node, context);
    case 'normActivation':
      return normActivation(node, context);
    case 'relu':
      return relu(node, context);
    case 'hardSwish':
      return hardSwish(node, context);
    case 'hardSigmoid':
      return hardSigmoid(node, context);
    case 'globalAverage':
      return globalAverage(node, context);
    case 'scale':
      return scale(node, context);
    case 'add':
      return add(node, context);
    case 'flatten':
      return flatten(node, context);
    case 'dense':
      return dense(node, context);
    case 'l2Normalize':
      return l2Normalize(node, context);
    case 'cosine':
      return cosine(node, context);
  }
}
