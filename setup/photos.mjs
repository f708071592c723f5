/** The real photos that the sample set is cut from: what the scikit-image wheel carries, public domain or CC0 (its README.txt says whose). */
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeAside } from './finished.mjs';
import { unpackWheel } from './python.mjs';

const TAG = { version: '3.12', abi: 'cp312', platforms: ['manylinux_2_28_x86_64'] };
export const PHOTOS = ['astronaut.png', 'chelsea.png', 'coffee.png', 'hubble_deep_field.jpg', 'motorcycle_left.png', 'rocket.jpg'];
const LICENCES = 'README.txt';

/**
 * @param {string} folder
 * @param {{ python: string, requirements: string }} with_
 * @param {import('./python.mjs').Surroundings} about
 */
export async function makePhotos(folder, { python, requirements }, about) {
  await makeAside(folder, async (temporary) => {
    const wanted = [...PHOTOS, LICENCES];
    const parts = wanted.map((name) => `skimage/data/${name}`);
    await unpackWheel({ python, requirements, tag: TAG, parts, target: temporary }, about);
    for (const name of wanted) await rename(join(temporary, 'skimage', 'data', name), join(temporary, name));
    for (const name of await readdir(temporary)) {
      if (!wanted.includes(name)) await rm(join(temporary, name), { recursive: true, force: true });
    }
  });
}
