/**
 * TensorFlow's C library and the Node binding built against it. The binding's own install step downloads a libtensorflow of 2022,
 * so its two C++ files are compiled here against the libraries inside TensorFlow's Python wheel. It uses Node-API only:
 * one binding serves every Node.
 */
import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findCompiler } from './checks.mjs';
import { run } from './command.mjs';
import { makeAside } from './finished.mjs';
import { unpackWheel } from './python.mjs';

export const BINDING = 'tfjs_binding.node';
export const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
const HEADERS = [
  'tensorflow/c/',
  'tensorflow/core/common_runtime/next_pluggable_device/c/',
  'tensorflow/core/platform/',
  'tsl/platform/',
  'xla/tsl/c/',
];
const TAG = { version: '3.11', abi: 'cp311', platforms: ['manylinux_2_27_x86_64'] };
const FLAGS = ['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION'];

/** Where `@tensorflow/tfjs-node-gpu` looks for its binding. @param {string} clone */
export function bindingPlace(clone) {
  return join(clone, 'node_modules', '@tensorflow', 'tfjs-node-gpu', 'lib', 'napi-v8', BINDING);
}

/**
 * Makes the folder with the libraries and the binding, which finds them beside itself wherever the folder lies.
 * @param {string} folder
 * @param {{ python: string, requirements: string, packagesReady: Promise<unknown>, say: (text: string) => void }} with_
 * @param {import('./python.mjs').Surroundings} about
 */
export async function makeNative(folder, { python, requirements, packagesReady, say }, about) {
  const compiler = findCompiler(about.env);
  await makeAside(folder, async (temporary) => {
    const parts = [...LIBRARIES.map((name) => `tensorflow/${name}`), ...HEADERS.map((path) => `tensorflow/include/${path}`)];
    await unpackWheel({ python, requirements, tag: TAG, parts, target: temporary }, about);
    for (const name of LIBRARIES) await rename(join(temporary, 'tensorflow', name), join(temporary, name));
    await packagesReady;
    say('compiling the TensorFlow binding');
    await compile(compiler, temporary, about);
    await keepOnly(temporary, [...LIBRARIES, BINDING, 'tensorflow']); // the headers are read again by kernels.mjs
  });
}

/** @param {string} compiler @param {string} folder @param {import('./python.mjs').Surroundings} about */
async function compile(compiler, folder, { clone, env, signal, locks }) {
  const source = join(clone, 'node_modules', '@tensorflow', 'tfjs-node-gpu');
  const files = (await readdir(join(source, 'binding'))).filter((name) => name.endsWith('.cc')).sort();
  const include = [join(clone, 'node_modules', 'node-api-headers', 'include'), join(folder, 'tensorflow', 'include'), source];
  const cure = 'see the lines above; GCC 9 or clang 10 and later will do';
  const what = 'compiling the TensorFlow binding';
  await run(
    compiler,
    [
      ...FLAGS,
      ...include.map((path) => `-I${path}`),
      ...files.map((name) => join(source, 'binding', name)),
      ...['-o', join(folder, BINDING)],
      `-L${folder}`,
      ...LIBRARIES.map((name) => `-l:${name}`),
      '-Wl,-rpath,$ORIGIN',
    ],
    { cwd: folder, env, signal, locks, what, cure },
  );
  const load = `process.dlopen({ exports: {} }, ${JSON.stringify(join(folder, BINDING))})`;
  await run(process.execPath, ['-e', load], {
    env,
    signal,
    locks,
    what: 'loading the TensorFlow binding',
    cure: 'see the line above; a processor with AVX and glibc 2.27 or later are needed',
  });
}

/** @param {string} folder @param {readonly string[]} names */
async function keepOnly(folder, names) {
  for (const name of await readdir(folder)) {
    if (!names.includes(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Whether the package finds the binding of this folder. @param {string} clone @param {string} folder */
export async function bindingIsLinked(clone, folder) {
  const place = bindingPlace(clone);
  const target = join(folder, BINDING);
  const isLink = await lstat(place).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
  return isLink && (await readlink(place)) === target && existsSync(target);
}

/** Links the binding to where the package looks, in one step for whoever loads it meanwhile. @param {string} clone @param {string} folder */
export async function linkBinding(clone, folder) {
  const place = bindingPlace(clone);
  const temporary = `${place}.tmp-${process.pid}`;
  await mkdir(dirname(place), { recursive: true });
  await rm(temporary, { force: true });
  await symlink(join(folder, BINDING), temporary);
  await rename(temporary, place);
}
