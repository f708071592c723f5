/** Sound photos, as they are and written anew: what the audit says of them is a false alarm. */
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import type { Split } from '../../configs/schema/photos.js';
import { DEGRADATION_KINDS } from '../../configs/schema/sample.js';
import { writeJsonAtomically } from '../../ml/files/atomic.js';
import { auditPhotos } from '../../ml/images/audit.js';
import { photosIn } from '../../ml/images/sample-sources.js';
import { makeSampleSet } from '../../ml/images/sample.js';
import { DATASET_SETTINGS } from '../dataset-settings.js';
import { PHOTO_ROOT, SPLITS_FILE } from './kinds.js';
import { writeFiles } from './make.js';
import { png } from './photos.js';

export interface Alarms {
  /** Of the photos. */
  readonly encoding: string;
  readonly photos: number;
  /** How often each code was found, errors and warnings. */
  readonly errors: Readonly<Record<string, number>>;
  readonly warnings: Readonly<Record<string, number>>;
}

const QUALITIES = [85, 90, 95] as const;

interface Encoding {
  readonly name: string;
  readonly extension: string;
  readonly write: (image: Sharp) => Sharp;
}

const ENCODINGS: readonly Encoding[] = [
  { name: 'PNG', extension: 'png', write: (image) => image.png({ compressionLevel: 1 }) },
  { name: 'PNG with a palette', extension: 'png', write: (image) => image.png({ palette: true, effort: 1 }) },
  {
    name: 'PNG with an alpha channel that hides nothing',
    extension: 'png',
    write: (image) => image.ensureAlpha(1).png({ compressionLevel: 1 }),
  },
  ...QUALITIES.map((quality) => ({ name: `JPEG ${quality}`, extension: 'jpg', write: (image: Sharp) => image.jpeg({ quality }) })),
  { name: 'progressive JPEG 90', extension: 'jpg', write: (image) => image.jpeg({ quality: 90, progressive: true }) },
  { name: 'JPEG 90 with a profile that is sRGB', extension: 'jpg', write: (image) => image.withIccProfile('srgb').jpeg({ quality: 90 }) },
  ...QUALITIES.map((quality) => ({
    name: `WebP ${quality}`,
    extension: 'webp',
    write: (image: Sharp) => image.webp({ quality, effort: 1 }),
  })),
  { name: 'AVIF 90', extension: 'avif', write: (image) => image.avif({ quality: 90, effort: 0 }) },
  { name: 'TIFF', extension: 'tiff', write: (image) => image.tiff({ compression: 'lzw' }) },
];

/** Pairs of a folder. */
const PAIRS = 3;
export const MADE = 60;

/** @param photos absolute folder of photos, or how many are made @param folder absolute, empty */
export async function falseAlarms(photos: string | number, folder: string): Promise<Alarms[]> {
  const sources: readonly (string | Buffer)[] =
    typeof photos === 'number'
      ? await Promise.all(Array.from({ length: photos }, (_, number) => png(20_000_000 + number)))
      : (await photosIn(photos)).map(({ path }) => path).filter((path) => /\.(jpe?g|png|webp)$/i.test(path));
  const alarms: Alarms[] = [];
  for (const { name, extension, write } of ENCODINGS) {
    const root = join(folder, name.replaceAll(' ', '-'));
    await writeSet(root, sources.slice(0, sources.length - (sources.length % (2 * PAIRS))), extension, write);
    alarms.push(await alarmsOf(name, root));
  }
  if (typeof photos === 'string')
    alarms.push(await alarmsOf('crops and their degraded copies (`emo-aen sample`)', await sampleSet(folder, photos)));
  return alarms;
}

/** Each photo once, as good and bad by turns; every tenth folder is for validation, another for the test. */
async function writeSet(root: string, sources: readonly (string | Buffer)[], extension: string, write: Encoding['write']): Promise<void> {
  const splits: Record<string, Split> = {};
  for (const [number, source] of sources.entries()) {
    const scene = Math.floor(number / (2 * PAIRS));
    const name = `scene-${scene}`;
    splits[name] = splitOf(scene);
    const file = `${name}/${number % 2 === 0 ? 'good' : 'bad'}/${Math.floor(number / 2) % PAIRS}.${extension}`;
    await writeFiles(join(root, PHOTO_ROOT), { [file]: await write(sharp(source)).toBuffer() });
  }
  await writeJsonAtomically(join(root, SPLITS_FILE), splits);
}

const splitOf = (scene: number): Split => (['val', 'test'] as const)[scene % 10] ?? 'train';

async function sampleSet(folder: string, photos: string): Promise<string> {
  const root = join(folder, 'sample');
  const sources = await photosIn(photos);
  const { scenes } = await makeSampleSet({
    sources,
    into: join(root, PHOTO_ROOT),
    crops: DEGRADATION_KINDS.length,
    kinds: DEGRADATION_KINDS,
    seed: 0,
  });
  await writeJsonAtomically(join(root, SPLITS_FILE), Object.fromEntries(scenes.map(({ folder: name }, scene) => [name, splitOf(scene)])));
  return root;
}

async function alarmsOf(encoding: string, root: string): Promise<Alarms> {
  const { report } = await auditPhotos({ root, settings: DATASET_SETTINGS });
  const countsOf = (wanted: 'error' | 'warning'): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { code, severity } of report.findings) if (severity === wanted) counts[code] = (counts[code] ?? 0) + 1;
    return counts;
  };
  return { encoding, photos: report.photos, errors: countsOf('error'), warnings: countsOf('warning') };
}
