/** An ONNX network that somebody else may have made: read, and refused in words where it cannot be quantised here. */
import { Problem } from '../../../configs/problem.js';
import { visible } from '../../images/names.js';
import { floatsOf } from '../build.js';
import { ATTRIBUTE, decodeModel, ELEMENT, encodeModel, TensorFault, type OnnxModel } from '../messages.js';
import { withSession } from '../session.js';
import type { Runnable } from '../quantize/agreement.js';
import { withWeightsInside } from './external.js';
import { photoInput, type PhotoInput } from '../quantize/feeds.js';
import { Names } from '../quantize/names.js';
import { normalised } from './normalise.js';
import { planQuantization } from '../quantize/plan.js';
import { prepareModel } from '../quantize/prepare.js';

/** DequantizeLinear has scales for each channel from this operator set on. */
const LEAST_OPSET = 13;
const KNOWN_ATTRIBUTES: ReadonlySet<number> = new Set(Object.values(ATTRIBUTE));

/** Pixels: a photo of this side takes 200 MB as floats, its activations some gigabytes. */
const MOST_SIDE = 4096;
/** Pixels of all photos that run at once: 800 MB as floats. */
const MOST_PIXELS = 2 ** 26;

export interface ForeignModel {
  /** In the form that is quantised: its constants are initializers, all weights inside. */
  readonly model: OnnxModel;
  readonly input: PhotoInput;
  /** As it was given: what the quantised network must agree with. */
  readonly reference: Runnable;
}

/** @param where its path, which errors name; weights in other files are read from beside it @throws Problem WEIGHTS. */
export async function readForeign(bytes: Uint8Array, where: string): Promise<ForeignModel> {
  const refuse: Refuse = (message, cure, cause) => new Problem({ code: 'WEIGHTS', message: visible(message), where, cure, cause });
  const stored = decoded(bytes, refuse);
  const given = await withWeightsInside(stored, where).catch((cause: unknown) => {
    if (cause instanceof Problem || (cause instanceof Error && !(cause instanceof TensorFault) && !('code' in cause))) throw cause;
    throw refuse(
      `keeps its weights in another file, which cannot be read: ${firstLine(cause)}`,
      'put the file with its weights beside it, or save it whole: onnx.save(onnx.load(PATH), PATH)',
      cause,
    );
  });
  insistOnKnown(given, refuse);
  const input = inputOf(given, refuse);
  const reference = given === stored ? bytes : where;
  try {
    const model = await normalised(given);
    // Written again, so that nothing that is not read here was needed.
    await withSession(encodeModel(model), { threads: 1 }, () => Promise.resolve());
    if (planQuantization(prepareModel(model, new Names(model.graph))).weighted.length > 0) return { model, input, reference };
  } catch (cause) {
    throw refuse(`is not a network that onnxruntime runs: ${firstLine(cause)}`, 'check it with onnx.checker.check_model', cause);
  }
  throw refuse('has no Conv or Gemm with float32 weights inside: there is nothing to quantise', 'give a float32 network with convolutions');
}

/** @throws Problem WEIGHTS for what is not read: old operator sets, control flow, integers, weights that are no numbers. */
function insistOnKnown(model: OnnxModel, refuse: Refuse): void {
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
}

type Refuse = (message: string, cure: string, cause?: unknown) => Problem;

function decoded(bytes: Uint8Array, refuse: Refuse): OnnxModel {
  const model = ((): OnnxModel => {
    try {
      return decodeModel(bytes);
    } catch (cause) {
      if (cause instanceof TensorFault) throw refuse(`is damaged: ${cause.message}`, 'export it again', cause);
      throw refuse('is not an ONNX model, or is cut short', 'name an .onnx file', cause);
    }
  })();
  if (model.graph.node.length === 0) throw refuse('is not an ONNX model: it has no nodes', 'name an .onnx file');
  if (model.graph.output.length === 0) throw refuse('gives nothing out', 'export it with an output');
  return model;
}

function inputOf(model: OnnxModel, refuse: Refuse): PhotoInput {
  try {
    const input = photoInput(model);
    const { batch, height, width } = input;
    if (height !== width) throw new RangeError(`its input is ${height} x ${width}, not square`);
    const side = height ?? 1;
    if (side > MOST_SIDE) throw new RangeError(`its input has a side of ${side} px, more than ${MOST_SIDE}`);
    if ((batch ?? 1) * side * side > MOST_PIXELS)
      throw new RangeError(`it takes ${batch} photos of ${side} px at once, more than memory is for`);
    return input;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw refuse(`does not take photos: ${error.message}`, 'export it with one float32 input of three-channel square images');
  }
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] ?? '';
}
