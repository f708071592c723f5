/**
 * The quantised graph in QDQ form: every quantised value is followed by QuantizeLinear, and what computes in integers reads it through
 * DequantizeLinear. Only standard operators, so that any ONNX runtime gives the same numbers; onnxruntime fuses each such group
 * into one integer kernel (QLinearConv, QLinearMul, QLinearLeakyRelu, ...).
 *
 * Activations are uint8 (int8 ones are up to 2.3 times slower than float32 on x86), weights int8 per output channel, biases int32.
 */
import { constant, node } from '../build.js';
import type { OnnxModel, OnnxNode, OnnxTensor } from '../messages.js';
import { operatorOf } from './graph.js';
import type { Names } from './names.js';
import type { QuantizationPlan } from './plan.js';
import type { Grid } from './ranges.js';
import { productScales, quantizeBias, type QuantizedWeights } from './weights.js';

export interface EmitRequest {
  /** The float model that the plan was made for. */
  readonly model: OnnxModel;
  readonly plan: QuantizationPlan;
  /** Of every value in `plan.grids`. */
  readonly grids: ReadonlyMap<string, Grid>;
  /** By the weighted node's result. */
  readonly weights: ReadonlyMap<string, QuantizedWeights>;
  /** By the weighted node's result; as bias correction left them. */
  readonly biases: ReadonlyMap<string, Float32Array>;
  /** A quantised value has its integers under the name of its part `q`, the numbers that they stand for under that of `dq`. */
  readonly names: Names;
}

export function emitQuantized(request: EmitRequest): OnnxModel {
  const emitter = new Emitter(request);
  emitter.emitAll();
  const used = new Set([...emitter.nodes.flatMap(({ input }) => input), ...request.model.graph.output.map(({ name }) => name)]);
  const kept = request.model.graph.initializer.filter(({ name }) => used.has(name));
  return {
    ...request.model,
    graph: { ...request.model.graph, node: emitter.nodes, initializer: [...kept, ...emitter.constants.values()] },
  };
}

class Emitter {
  readonly nodes: OnnxNode[] = [];
  readonly constants = new Map<string, OnnxTensor>();
  private readonly dequantized = new Set<string>();

  constructor(private readonly request: EmitRequest) {}

  emitAll(): void {
    const { model, plan } = this.request;
    for (const { name } of model.graph.input) if (plan.grids.has(name)) this.quantize(name, name);
    const gone = new Set(plan.absorbed.values());
    const weighted = new Set(plan.weighted);
    for (const each of model.graph.node) {
      if (gone.has(each)) continue;
      if (weighted.has(each)) this.weighted(each);
      else if (plan.integer.has(each) && operatorOf(each) === 'HardSwish') this.hardSwish(each);
      else this.push({ ...each, input: each.input.map((input) => this.read(input)) });
      for (const output of each.output) this.quantizeResult(output);
    }
  }

  private weighted(each: OnnxNode): void {
    const [input = ''] = each.input;
    const [output = ''] = each.output;
    const weights = pick(this.request.weights, output);
    const { names } = this.request;
    const scales = productScales(weights, pick(this.request.grids, input).scale);
    const bias = quantizeBias(pick(this.request.biases, output), scales);
    const perChannel = (part: string, steps: Int8Array | Int32Array, dims: readonly number[], scale: Float32Array): string => {
      const inputs = [names.of(output, part), names.of(output, `${part}.scale`)];
      this.add(constant(inputs[0] ?? '', dims, steps));
      this.add(constant(inputs[1] ?? '', [scale.length], scale));
      // Zero points are 0 where they are left out, and those of all convolutions would add 3 %; but onnxruntime makes no integer Gemm without them.
      if (operatorOf(each) === 'Gemm') {
        const zeros = steps instanceof Int8Array ? new Int8Array(scale.length) : new Int32Array(scale.length);
        const zero = names.of(output, `${part}.zero`);
        this.add(constant(zero, [scale.length], zeros));
        inputs.push(zero);
      }
      const dequantized = names.of(output, `${part}.dq`);
      this.push(node('DequantizeLinear', inputs, dequantized, { axis: 0 }));
      return dequantized;
    };
    const inputs = [
      this.read(input),
      perChannel('weight', weights.steps, weights.dims, weights.scales),
      perChannel('bias', bias, [bias.length], scales),
    ];
    this.push({ ...each, input: inputs });
  }

  /**
   * All in integers: the steps of x, read as x / 6 + 1 / 2 (see ranges.ts), go through LeakyRelu of slope 1, which changes nothing but is
   * an operator that onnxruntime requantises by table, to [0, 1]; and x times that.
   */
  private hardSwish(each: OnnxNode): void {
    const [input = ''] = each.input;
    const [output = ''] = each.output;
    const { zeroPoint } = pick(this.request.grids, input);
    const { names } = this.request;
    const [line, gate] = [names.of(output, 'gate.line'), names.of(output, 'gate')];
    const [steps, numbers] = [names.of(gate, 'q'), names.of(gate, 'dq')];
    this.push(node('DequantizeLinear', [names.of(input, 'q'), ...this.grid(line, { scale: 1 / (2 * zeroPoint), zeroPoint: 0 })], line));
    this.push(node('LeakyRelu', [line], gate, { alpha: { float: 1 } }));
    const unit = this.grid(gate, { scale: 1 / 255, zeroPoint: 0 });
    this.push(node('QuantizeLinear', [gate, ...unit], steps));
    this.push(node('DequantizeLinear', [steps, ...unit], numbers));
    this.push(node('Mul', [this.read(input), numbers], output));
  }

  private quantizeResult(output: string): void {
    const { plan, grids } = this.request;
    const value = plan.absorbed.get(output)?.output[0] ?? output;
    if (grids.has(value)) this.quantize(output, value);
    else if (value !== output) throw new Error(`${value} is absorbed but has no grid`);
  }

  /** Quantises what `made` holds as the value `value`: they differ where an activation was absorbed. */
  private quantize(made: string, value: string): void {
    this.push(node('QuantizeLinear', [made, ...this.grid(value, pick(this.request.grids, value))], this.request.names.of(value, 'q')));
  }

  /** The name under which a node reads a value: its dequantised form where it is quantised. */
  private read(value: string): string {
    const grid = this.request.grids.get(value);
    if (grid === undefined) return value;
    const name = this.request.names.of(value, 'dq');
    if (!this.dequantized.has(value)) {
      this.dequantized.add(value);
      this.push(node('DequantizeLinear', [this.request.names.of(value, 'q'), ...this.grid(value, grid)], name));
    }
    return name;
  }

  /** Adds a grid's two constants and gives back their names. */
  private grid(name: string, { scale, zeroPoint }: Grid): [scale: string, zeroPoint: string] {
    const { names } = this.request;
    const made: [string, string] = [names.of(name, 'scale'), names.of(name, 'zero')];
    this.add(constant(made[0], [], Float32Array.of(scale)));
    this.add(constant(made[1], [], Uint8Array.of(zeroPoint)));
    return made;
  }

  private add(tensor: OnnxTensor): void {
    this.constants.set(tensor.name, tensor);
  }

  /** Of the many nodes of the QDQ form none has a name but that of its result: names are optional and would take 1 % of the file. */
  private push(each: OnnxNode): void {
    this.nodes.push({ ...each, name: '' });
  }
}

function pick<T>(map: ReadonlyMap<string, T>, name: string): T {
  const found = map.get(name);
  if (found === undefined) throw new Error(`nothing is known of ${name}`);
  return found;
}
