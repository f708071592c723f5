/** An ONNX network that somebody else may have made: read, and refused in words where it cannot be quantised here. */
import { Problem } from '../../../configs/problem.js';
import { floatsOf } from '../build.js';
import { ATTRIBUTE, decodeModel, ELEMENT, encodeModel, type OnnxModel } from '../messages.js';
import { withSession } from '../session.js';
import { photoInput, type PhotoInput } from './feeds.js';
import { planQuantization } from './plan.js';
import { prepareModel } from './prepare.js';

/** DequantizeLinear has scales for each channel from this operator set on. */
const LEAST_OPSET = 13;
const KNOWN_ATTRIBUTES: ReadonlySet<number> = new Set(Object.values(ATTRIBUTE));

export interface ForeignModel {
  readonly model: OnnxModel;
  readonly input: PhotoInput;
}

/** @throws Problem WEIGHTS, naming `where`. */
export async function readForeign(bytes: Uint8Array, where: string): Promise<ForeignModel> {
  const refuse = (message: string, cure: string, cause?: unknown): Problem => new Problem({ code: 'WEIGHTS', message, where, cure, cause });
  const model = decoded(bytes, refuse);
  const outside = model.graph.initializer.find(({ dataLocation }) => dataLocation === 1);
  if (outside !== undefined)
    throw refuse(
      `keeps its weights in another file (${outside.name} is one of them)`,
      'save it with its weights inside: onnx.save(onnx.load(PATH), PATH)',
    );
  const opset = model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 0;
  if (opset < LEAST_OPSET)
    throw refuse(
      `is of operator set ${opset}: weights with a scale for each channel need ${LEAST_OPSET}`,
      `export it with opset ${LEAST_OPSET} or newer`,
    );
  const strange = model.graph.node.find(({ attribute }) => attribute.some(({ type }) => !KNOWN_ATTRIBUTES.has(type)));
  if (strange !== undefined || (model.functions ?? []).length > 0)
    throw refuse(
      `has ${strange === undefined ? 'functions of its own' : `a graph inside ${strange.opType} ${strange.name}`}, which is not read here`,
      'export it without control flow, functions inlined',
    );
  if (model.graph.node.some(({ opType }) => opType === 'QuantizeLinear' || opType === 'QLinearConv'))
    throw refuse('is quantised already', 'give the float network that it was made of');
  for (const tensor of model.graph.initializer) {
    if (tensor.dataType !== ELEMENT.float32) continue;
    const odd = floatsOf(tensor).find((number) => !Number.isFinite(number));
    if (odd !== undefined) throw refuse(`weight ${tensor.name} holds ${odd}`, 'export a network whose training did not diverge');
  }
  const input = inputOf(model, refuse);
  if (planQuantization(prepareModel(model)).weighted.length === 0)
    throw refuse(
      'has no Conv or Gemm with float32 weights inside: there is nothing to quantise',
      'give a float32 network with convolutions',
    );
  try {
    // Written again, so that nothing that is not read here was needed.
    await withSession(encodeModel(model), { threads: 1 }, () => Promise.resolve());
  } catch (cause) {
    throw refuse(`is not a network that onnxruntime runs: ${firstLine(cause)}`, 'check it with onnx.checker.check_model', cause);
  }
  return { model, input };
}

type Refuse = (message: string, cure: string, cause?: unknown) => Problem;

function decoded(bytes: Uint8Array, refuse: Refuse): OnnxModel {
  try {
    const model = decodeModel(bytes);
    if (model.graph.node.length > 0) return model;
  } catch (cause) {
    throw refuse('is not an ONNX model, or is cut short', 'name an .onnx file', cause);
  }
  throw refuse('is not an ONNX model: it has no nodes', 'name an .onnx file');
}

function inputOf(model: OnnxModel, refuse: Refuse): PhotoInput {
  try {
    const input = photoInput(model);
    if (input.height === input.width) return input;
    throw new RangeError(`its input is ${input.height} x ${input.width}, not square`);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw refuse(`does not take photos: ${error.message}`, 'export it with one float32 input of three-channel square images');
  }
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] ?? '';
}
