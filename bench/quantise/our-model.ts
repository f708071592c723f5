/** Quantises one network in a process of its own: `node our-model.js FLOAT.onnx CALIBRATE.f32 OUT.onnx`. The last line says how long that took. */
import { readFile, writeFile } from 'node:fs/promises';
import { decodeModel, encodeModel } from '../../ml/onnx/messages.js';
import { BEST, quantize } from '../../ml/onnx/quantize/quantize.js';
import { inMemory, photosFile } from './photos.js';

const [float = '', calibrate = '', out = ''] = process.argv.slice(2);
const model = decodeModel(await readFile(float));
const photos = inMemory(await photosFile(calibrate));
const begun = performance.now();
const quantized = await quantize(model, photos, { ...BEST, progress: () => undefined });
await writeFile(out, encodeModel(quantized.model));
const seconds = (performance.now() - begun) / 1000;
process.stdout.write(`${JSON.stringify({ seconds, versions: { node: process.version } })}\n`);
