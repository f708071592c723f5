/** Run as `our-small-photos.js PHOTO_ROOT FIRST END [PHOTOS]`: writes the folders from FIRST up to END, each with pairs of JPEGs of 256 to 320 px. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { makePicture, photoMaker } from '../made-photos.js';
import { folderName, OF_A_FOLDER } from './small-set.js';

const [, , photoRoot = '', first = '', end = '', photos] = process.argv;
const GRAIN = 3;
sharp.concurrency(1);
const make = photos === undefined ? makePicture : await photoMaker(photos, GRAIN);
for (let scene = Number(first); scene < Number(end); scene++) {
  const folder = join(photoRoot, folderName(scene));
  for (const label of ['good', 'bad']) await mkdir(join(folder, label), { recursive: true });
  for (let number = 0; number < OF_A_FOLDER; number++) {
    const pair = number >> 1;
    const [width, height] = [256 + (pair % 65), 320 - (pair % 65)];
    const { data } = await make(scene * OF_A_FOLDER + number, width, height);
    const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 85 })
      .toBuffer();
    await writeFile(join(folder, number % 2 === 0 ? 'good' : 'bad', `${pair}.jpg`), bytes);
  }
}
