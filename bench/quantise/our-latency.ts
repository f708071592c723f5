/** Times a network and its quantised form in a process of its own, in turn: `node our-latency.js FLOAT.onnx INT8.onnx RUNS`. */
import { timeInTurn } from '../../ml/onnx/latency.js';
import { CROP } from './photos.js';

const [float = '', int8 = '', runs = ''] = process.argv.slice(2);
const data = Float32Array.from({ length: 3 * CROP * CROP }, (_, at) => Math.sin(at));
const [floatMs, int8Ms] = await timeInTurn([float, int8], { data, crop: CROP }, Number(runs));
process.stdout.write(`${JSON.stringify({ floatMs, int8Ms })}\n`);
