/**
 * The audit of a set of 12-megapixel JPEGs that no audit has seen, beside what others do with the same files on two processes: Pillow loads each, which is
 * decoding alone, with no hashes, no checks, no resizing; imagehash makes a perceptual hash of each, for which Pillow loads all of it. The
 * files are in the system's cache for everyone.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { z } from 'zod';
import { median } from '../../ml/ranking/median.js';
import { photoMaker } from '../made-photos.js';
import { WORKPLACE } from '../peers.js';
import { NOTHING, type Findings } from '../report.js';
import { takeTurns, type Contestant } from '../turns.js';
import type { DataOptions, Note } from './data.js';

const OURS = fileURLToPath(new URL('our-audit.js', import.meta.url));
const THEIRS = fileURLToPath(new URL('../../../bench/data/audit_peers.py', import.meta.url));

const MADE = 8;
/** Each photo is there so often, with another remark in it: files of their own to everyone, 1.2 GB, so that what an audit takes to begin with weighs as little as in a real set. */
const COPIES = 48;
const [WIDTH, HEIGHT, GRAIN] = [4000, 3000, 8];
const SPLITS = ['train', 'train', 'val', 'test'];

const Measured = z.object({ seconds: z.number().positive(), versions: z.record(z.string(), z.string()) });

export async function measureAudit({ rounds, photos }: DataOptions, note: Note): Promise<Findings> {
  const root = join(WORKPLACE, 'audit');
  await rm(root, { recursive: true, force: true });
  try {
    note(`making ${MADE} photos of 12 megapixels`);
    const list = await writeSet(root, photos);
    const ours = (mode: string): Contestant => ({ peer: null, words: [OURS, mode, root] });
    const theirs = (mode: string): Contestant => ({ peer: 'photos', words: [THEIRS, mode, list] });
    const contestants = { audit: ours('full'), auditPillow: theirs('load'), fastAudit: ours('fast'), fastAuditImagehash: theirs('phash') };
    // No audit finds what another has kept.
    const prepare = () => rm(join(root, '.emo-aen'), { recursive: true, force: true });
    const { measured, missing, processes } = await takeTurns(contestants, { rounds, schema: Measured, words: [], prepare }, note);
    const rates = new Map([...measured].map(([name, results]) => [name, (MADE * COPIES) / median(results.map(({ seconds }) => seconds))]));
    const ratio = (us: string, them: string): Record<string, number> => {
      const [mine, other] = [rates.get(us), rates.get(them)];
      return mine === undefined || other === undefined ? {} : { [them]: other / mine };
    };
    return {
      ...NOTHING,
      ratios: { ...ratio('audit', 'auditPillow'), ...ratio('fastAudit', 'fastAuditImagehash') },
      medians: Object.fromEntries([...rates].map(([name, rate]) => [`${name}PhotosPerSecond`, rate])),
      missing,
      processes,
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** A set with a folder for each split and one more; returns the list of its files. */
async function writeSet(root: string, photos: string | undefined): Promise<string> {
  const make = await photoMaker(photos, GRAIN);
  const files: string[] = [];
  for (let seed = 0; seed < MADE; seed++) {
    const { data } = await make(seed, WIDTH, HEIGHT);
    const bytes = await sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
      .jpeg({ quality: 90 })
      .toBuffer();
    const folder = join(root, 'training_files', `scene-${seed >> 1}`, seed % 2 === 0 ? 'good' : 'bad');
    await mkdir(folder, { recursive: true });
    for (let copy = 0; copy < COPIES; copy++) {
      files.push(join(folder, `${copy}.jpg`));
      await writeFile(join(folder, `${copy}.jpg`), withRemark(bytes, copy));
    }
  }
  await mkdir(join(root, 'docs'));
  await writeFile(
    join(root, 'docs', 'splits.json'),
    JSON.stringify(Object.fromEntries(SPLITS.map((split, scene) => [`scene-${scene}`, split]))),
  );
  const list = join(root, 'photos.json');
  await writeFile(list, JSON.stringify(files));
  return list;
}

/** A JPEG's segment COM behind its first marker. */
function withRemark(jpeg: Buffer, number: number): Buffer {
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xfe, 0, 3, number]), jpeg.subarray(2)]);
}
