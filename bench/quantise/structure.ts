/** What onnxruntime makes of a quantised network: convolutions that stayed in float, and changes of layout. */
import { readFile } from 'node:fs/promises';
import { decodeModel } from '../../ml/onnx/messages.js';
import { withSession } from '../../ml/onnx/session.js';
import { NOTHING, type Findings } from '../report.js';
import type { Models } from './models.js';

export async function measureStructure({ quantised }: Models): Promise<Findings> {
  const medians: Record<string, number> = {};
  for (const { network, by, path } of quantised) {
    const optimizedModel = `${path}.optimized`;
    await withSession(path, { threads: 1, optimizedModel }, () => Promise.resolve());
    const { graph } = decodeModel(await readFile(optimizedModel));
    const count = (operators: readonly string[]): number => graph.node.filter(({ opType }) => operators.includes(opType)).length;
    const name = `${by}${network === 'relu' ? '' : 'Full'}`;
    medians[`${name}IntegerConvs`] = count(['QLinearConv', 'ConvInteger']);
    medians[`${name}FloatConvs`] = count(['Conv', 'FusedConv', 'NhwcFusedConv']);
    medians[`${name}Transposes`] = count(['Transpose']);
  }
  return { ...NOTHING, medians };
}
