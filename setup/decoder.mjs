/** Our own way to photos' squares (ml/images/native): it decodes by the libjpeg-turbo inside Pillow's wheel and by the libvips that sharp brings. */
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeAddon } from './addon.mjs';
import { SetupFailure } from './failure.mjs';
import { makeAside } from './finished.mjs';
import { unpackWheel } from './python.mjs';

export const DECODER = 'decoder.node';
export const DECODER_SOURCES = join('ml', 'images', 'native');
const TAG = { version: '3.11', abi: 'cp311', platforms: ['manylinux_2_27_x86_64', 'manylinux_2_28_x86_64'] };
const LIBRARIES_OF_WHEEL = 'pillow.libs';
const LIBJPEG = 'libjpeg-';
const LIBVIPS = 'libvips-cpp.so.';

/**
 * Makes the folder with libjpeg-turbo.
 * @param {string} folder
 * @param {{ python: string, requirements: string }} with_
 * @param {import('./python.mjs').Surroundings} about
 */
export async function makeLibjpeg(folder, { python, requirements }, about) {
  await makeAside(folder, async (temporary) => {
    await unpackWheel({ python, requirements, tag: TAG, parts: [`${LIBRARIES_OF_WHEEL}/${LIBJPEG}`], target: temporary }, about);
    const name = await fileIn(join(temporary, LIBRARIES_OF_WHEEL), LIBJPEG);
    await rename(join(temporary, LIBRARIES_OF_WHEEL, name), join(temporary, name));
    for (const found of await readdir(temporary)) if (found !== name) await rm(join(temporary, found), { recursive: true });
  });
}

/**
 * @param {string} folder to be made
 * @param {string} libjpeg folder of libjpeg-turbo, beside it
 * @param {import('./python.mjs').Surroundings} about
 * @param {import('./addon.mjs').Build} [build]
 */
export async function makeDecoder(folder, libjpeg, about, build) {
  const packages = join(about.clone, 'node_modules', '@img');
  const headers = join(packages, 'sharp-libvips-dev', 'include');
  const libvips = join(packages, 'sharp-libvips-linux-x64', 'lib');
  await makeAddon(
    folder,
    {
      what: 'our decoder of photos',
      file: DECODER,
      sources: DECODER_SOURCES,
      include: [headers, join(headers, 'glib-2.0'), join(libvips, 'glib-2.0', 'include')],
      libraries: [
        { folder: libvips, name: await fileIn(libvips, LIBVIPS) },
        { folder: libjpeg, name: await fileIn(libjpeg, LIBJPEG) },
      ],
      // libvips is the one that sharp has loaded: other clones, which share this folder, have their own.
      beside: libjpeg,
      load: "require('sharp'); require(addon);",
    },
    about,
    build,
  );
}

/** The one file of a folder whose name begins so. @param {string} folder @param {string} beginning */
async function fileIn(folder, beginning) {
  const [name, ...others] = (await readdir(folder)).filter((entry) => entry.startsWith(beginning));
  if (name === undefined || others.length > 0)
    throw new SetupFailure(`${folder} has not one file ${beginning}*`, 'npm ci, and run this again');
  return name;
}
