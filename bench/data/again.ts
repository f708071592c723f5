/** A set that did not change, audited again; and the memory of audits of many photos and of huge ones. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { z } from 'zod';
import { median } from '../../ml/ranking/median.js';
import { photoMaker } from '../made-photos.js';
import { WORKPLACE } from '../peers.js';
import { joined, NOTHING, type Findings } from '../report.js';
import { runCommand, type Ran } from './command.js';
import type { DataOptions, Note } from './data.js';
import { makeSmallSet, writeSplits } from './small-set.js';

const SMALL = 10_000;
const Counted = z.object({ photos: z.int(), errors: z.int() });

export async function measureAgain(options: DataOptions, note: Note): Promise<Findings> {
  return joined([await smallPhotos(options, note), await hugePhotos(options, note)]);
}

async function smallPhotos({ rounds, photos }: DataOptions, note: Note): Promise<Findings> {
  const root = join(WORKPLACE, 'again');
  try {
    note(`making ${SMALL} small photos`);
    await makeSmallSet(root, SMALL, photos);
    await writeSplits(root, SMALL);
    note(`auditing ${SMALL} photos`);
    const first = await auditOf(root, SMALL);
    const again: Ran[] = [];
    for (let round = 1; round <= rounds; round++) {
      note(`round ${round} of ${rounds}: the same again`);
      again.push(await auditOf(root, SMALL));
    }
    const peaks = [first, ...again].map(({ peakMb }) => peakMb);
    const medians = {
      firstSeconds: first.seconds,
      againSeconds: median(again.map(({ seconds }) => seconds)),
      smallPhotosPeakMb: Math.max(...peaks),
    };
    return { ...NOTHING, medians };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** @throws Error where it did not see all of the photos */
async function auditOf(root: string, photos: number): Promise<Ran> {
  const ran = await runCommand(root, ['audit']);
  const counted = Counted.parse(ran.answer);
  if (counted.photos !== photos) throw new Error(`the audit saw ${counted.photos} of ${photos} photos`);
  return ran;
}

/** 99 megapixels, just under the limit. A progressive JPEG must be held as a whole to be decoded; two bytes for each of its values. */
const [WIDTH, HEIGHT, PIXELS_GRAIN] = [11_000, 9_000, 6];
const WRITTEN: Readonly<Record<string, (photo: Sharp) => Sharp>> = {
  'baseline.jpg': (photo) => photo.jpeg({ quality: 85 }),
  'progressive.jpg': (photo) => photo.jpeg({ quality: 85, progressive: true }),
  'progressive-full-colour.jpg': (photo) => photo.jpeg({ quality: 90, progressive: true, chromaSubsampling: '4:4:4' }),
  'photo.png': (photo) => photo.png({ compressionLevel: 1 }),
};

async function hugePhotos({ photos }: DataOptions, note: Note): Promise<Findings> {
  const root = join(WORKPLACE, 'huge');
  await rm(root, { recursive: true, force: true });
  try {
    note('making photos of 99 megapixels');
    const make = await photoMaker(photos, PIXELS_GRAIN);
    const labels = ['good', 'bad'];
    for (const [number, label] of labels.entries()) {
      const { data } = await make(number, WIDTH, HEIGHT);
      await mkdir(join(root, 'training_files', 'scene', label), { recursive: true });
      for (const [name, write] of Object.entries(WRITTEN))
        await write(sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })).toFile(
          join(root, 'training_files', 'scene', label, name),
        );
    }
    await mkdir(join(root, 'docs'));
    await writeFile(join(root, 'docs', 'splits.json'), JSON.stringify({ scene: 'train' }));
    note('auditing them');
    const { seconds, peakMb } = await auditOf(root, labels.length * Object.keys(WRITTEN).length);
    return { ...NOTHING, medians: { hugePhotosSeconds: seconds, hugePhotosPeakMb: peakMb } };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
