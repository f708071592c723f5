/** Writes the seeded exports that golden/check_with_onnx.py checks. Usage: node dist/test/ml/onnx/write-seeded.js FOLDER */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportNetwork } from '../../../ml/onnx/export.js';
import { encodeModel } from '../../../ml/onnx/messages.js';
import { SEEDED_EXPORTS, seededNetwork } from './seeded-network.js';

const folder = process.argv[2];
if (folder === undefined) throw new Error('give the folder to write to');
for (const { spec, opset } of SEEDED_EXPORTS) {
  const bytes = encodeModel(exportNetwork(seededNetwork(spec), { opset, crop: 224, metadata: {} }));
  await writeFile(join(folder, `${spec.backbone}-${opset}.onnx`), bytes);
}
await writeFile(join(folder, 'order.txt'), SEEDED_EXPORTS.map(({ spec, opset }) => `${spec.backbone}:${opset}\n`).join(''));
