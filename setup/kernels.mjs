/** Our own operations for TensorFlow (ml/engine/native). */
import { join } from 'node:path';
import { makeAddon } from './addon.mjs';
import { BINDING, LIBRARIES } from './native.mjs';

export const KERNELS = 'kernels.node';
export const KERNEL_SOURCES = join('ml', 'engine', 'native');

/**
 * @param {string} folder to be made
 * @param {string} native folder of TensorFlow's libraries and headers, beside it
 * @param {import('./python.mjs').Surroundings} about
 * @param {import('./addon.mjs').Build} [build]
 */
export async function makeKernels(folder, native, about, build) {
  await makeAddon(
    folder,
    {
      what: 'our operations for TensorFlow',
      file: KERNELS,
      sources: KERNEL_SOURCES,
      include: [join(native, 'tensorflow', 'include')],
      libraries: LIBRARIES.map((name) => ({ folder: native, name })),
      beside: native,
      load: `process.dlopen({ exports: {} }, ${JSON.stringify(join(native, BINDING))}); process.dlopen({ exports: {} }, addon);`,
    },
    about,
    build,
  );
}
