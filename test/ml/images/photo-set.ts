/** Small photo sets on disk for tests, made with sharp and cheap to change. */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import type { DatasetSettings } from '../../../configs/schema/dataset.js';
import { Draws } from '../../../ml/random/philox.js';

export const SETTINGS: DatasetSettings = {
  photos: { root: 'training_files', minSide: 224, maxPixels: 1e8, colourSpace: 'srgb', minDeviation: 2, nearCopyDistance: 4 },
  pairs: { pairing: 'by-name', limit: 64, weights: {}, aspectTolerance: 0.02 },
  scores: { min: 1, max: 10, coverage: 0.5, swapMargin: 0.5 },
  splits: { file: 'docs/splits.json', seed: 0, train: 0.8, val: 0.1, test: 0.1, widestInterval: 1 },
  balance: { ruleAccuracy: 1, largestFolder: 1, labelRatio: 1000 },
};

/** Something like a photo: soft shapes, another picture for each number. */
export async function picture(number: number, width = 240, height = 230): Promise<Sharp> {
  const draws = new Draws('degrade', { seed: 99, epoch: 0, index: number });
  const cells = Buffer.from(Array.from({ length: 7 * 7 * 3 }, () => draws.below(256)));
  const data = await sharp(cells, { raw: { width: 7, height: 7, channels: 3 } })
    .resize(width, height, { fit: 'fill' })
    .raw()
    .toBuffer();
  return sharp(data, { raw: { width, height, channels: 3 } });
}

export async function png(number: number, width?: number, height?: number): Promise<Buffer> {
  return (await picture(number, width, height)).png({ compressionLevel: 1 }).toBuffer();
}

/** Three folders, one for each split, with two pairs each. */
export const FOLDERS = { one: 'train', two: 'val', three: 'test' } as const;

/** A project whose photo set is sound; returns its absolute root. */
export async function soundProject(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'emo-aen-photos-'));
  let number = 0;
  for (const folder of Object.keys(FOLDERS)) {
    for (const label of ['good', 'bad']) {
      for (const stem of ['a', 'b']) await put(root, `training_files/${folder}/${label}/${stem}.png`, await png(number++));
    }
  }
  await put(root, 'docs/splits.json', JSON.stringify(FOLDERS));
  return root;
}

/** Writes a file of the project, its folders made. */
export async function put(root: string, file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), content);
}
