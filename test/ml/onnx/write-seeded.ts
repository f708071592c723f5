/** Writes the seeded exports that golden/check_with_onnx.py checks. Usage: node dist/test/ml/onnx/write-seeded.js FOLDER */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SEEDED_EXPORTS, seededExport } from './seeded-network.js';

const folder = process.argv[2];
if (folder === undefined) throw new Error('give the folder to write to');
const names = SEEDED_EXPORTS.map(({ spec, opset, form }) => `${spec.backbone}:${opset}:${form}`);
for (const [place, each] of SEEDED_EXPORTS.entries())
  await writeFile(join(folder, `${names[place]?.replaceAll(':', '-')}.onnx`), seededExport(each));
await writeFile(join(folder, 'order.txt'), names.map((name) => `${name}\n`).join(''));
