/** Quantises a network of others as `emo-aen quantise` does, in a process of its own: `node our-foreign.js FLOAT.onnx CALIBRATE.f32 OUT.onnx`. */
import { readFile, writeFile } from 'node:fs/promises';
import { readForeign } from '../../../ml/onnx/foreign/read-foreign.js';
import { encodeModel } from '../../../ml/onnx/messages.js';
import { BEST, quantize } from '../../../ml/onnx/quantize/quantize.js';
import { inMemory, photosFile } from '../photos.js';

const [float = '', calibrate = '', out = ''] = process.argv.slice(2);
const begun = performance.now();
const { model, reference } = await readForeign(await readFile(float), float);
const quantized = await quantize(model, inMemory(await photosFile(calibrate)), { ...BEST, reference, progress: () => undefined });
await writeFile(out, encodeModel(quantized.model));
const seconds = (performance.now() - begun) / 1000;
process.stdout.write(`${JSON.stringify({ seconds, versions: { node: process.version } })}\n`);
