/** Weights that an ONNX file keeps in other files beside it, which is torch's default since 2.9. */
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkSize, TensorFault, type OnnxModel, type OnnxTensor } from '../messages.js';

/** More than a protobuf message, and so an .onnx file, can hold. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * The model with all its weights inside. @param where path of the model: only files in its folder are read
 * @throws TensorFault where a place in a file is not one; a system error where the file cannot be read.
 */
export async function withWeightsInside(model: OnnxModel, where: string): Promise<OnnxModel> {
  const outside = model.graph.initializer.filter(({ dataLocation }) => dataLocation === 1);
  if (outside.length === 0) return model;
  const loaded = new Map<OnnxTensor, OnnxTensor>();
  let bytes = 0;
  for (const tensor of outside) {
    const made = await load(tensor, where);
    bytes += made.rawData?.length ?? 0;
    if (bytes > MOST_BYTES) throw new TensorFault(`its weights take more than ${MOST_BYTES} bytes, which no .onnx file holds`);
    loaded.set(tensor, made);
  }
  return { ...model, graph: { ...model.graph, initializer: model.graph.initializer.map((tensor) => loaded.get(tensor) ?? tensor) } };
}

async function load({ name, dims, dataType, externalData }: OnnxTensor, where: string): Promise<OnnxTensor> {
  const said = new Map((externalData ?? []).map(({ key, value }) => [key, value]));
  const location = said.get('location') ?? '';
  if (location === '' || location.split(/[/\\]/).some((part) => ['', '.', '..'].includes(part)) || location.includes('\0'))
    throw new TensorFault(`tensor ${name} lies in ${JSON.stringify(location)}, which is no file in the model's folder`);
  const file = await open(join(dirname(where), location), 'r');
  try {
    const { size } = await file.stat();
    const offset = Number(said.get('offset') ?? 0);
    const length = Number(said.get('length') ?? size - offset);
    if (![offset, length].every((number) => Number.isSafeInteger(number) && number >= 0) || offset + length > size)
      throw new TensorFault(`tensor ${name} lies at bytes ${offset} to ${offset + length} of ${location}, which has ${size}`);
    // The dimensions first: a claim of terabytes is refused before memory is taken for it.
    checkSize({ name, dims, dataType }, length);
    const rawData = new Uint8Array(length);
    const { bytesRead } = await file.read(rawData, 0, length, offset);
    if (bytesRead < length) throw new TensorFault(`tensor ${name} is cut short in ${location}`);
    return { name, dims, dataType, rawData };
  } finally {
    await file.close();
  }
}
