/**
 * Photos packed into a cache by us, as the task preprocess does it: read, checked against their hashes, decoded, resized, cropped, hashed and
 * synced to the disk. Run as `our-cache.js LIST SIDE PASSES FOLDER`, where LIST is a JSON file with a list of photos' paths; prints one JSON
 * document: seconds of each pass over all photos, each into a cache of its own; one pass before them warms the file cache.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { DatasetIndex, Photo } from '../../configs/schema/photos.js';
import { hashFile } from '../../ml/files/atomic.js';
import { readHeader } from '../../ml/images/decode.js';
import { packPhotos } from '../../ml/images/pack.js';

const [, , list = '', side = '', passes = '', folder = ''] = process.argv;
const root = '/';
const photos: Photo[] = [];
for (const file of JSON.parse(await readFile(list, 'utf8')) as string[]) {
  // What the audit knows of a photo.
  const { sha256 } = await hashFile(file);
  const { width, height } = await readHeader(await readFile(file));
  photos.push({ file, folder: 'bench', label: 'good', split: 'train', sha256, width, height, score: null });
}
const dataset: DatasetIndex = {
  version: 2,
  hash: '0'.repeat(64),
  root,
  synthetic: false,
  pairing: 'by-name',
  limit: 1,
  weights: {},
  photos,
};

const seconds: number[] = [];
for (let pass = 0; pass <= Number(passes); pass++) {
  const own = await mkdtemp(join(folder, 'pass-'));
  const begun = performance.now();
  await packPhotos({ root, dataset, size: Number(side), folder: own });
  seconds.push((performance.now() - begun) / 1000);
  await rm(own, { recursive: true });
}
process.stdout.write(
  `${JSON.stringify({ seconds: seconds.slice(1), versions: { sharp: sharp.versions.sharp ?? '', vips: sharp.versions.vips } })}\n`,
);
