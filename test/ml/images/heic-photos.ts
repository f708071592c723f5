/** HEIC files that golden/heic.py made: no encoder of HEVC is at hand. 320 x 256, four quarters of one colour each. */
import { readFile } from 'node:fs/promises';
import { CLONE } from '../../../configs/load/installation.js';

export const HEICS = ['plain', 'grid', 'turned', 'alpha', 'ten-bits'] as const;

export function heic(name: (typeof HEICS)[number]): Promise<Buffer> {
  return readFile(`${CLONE}test/ml/images/golden/${name}.heic`);
}
