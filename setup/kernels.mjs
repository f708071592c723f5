/**
 * Our own operations for TensorFlow (ml/engine/native), compiled for the processor of this machine: the folder in the cache is named
 * after it, so that a home shared by different machines has one for each.
 */
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { digest } from './cache.mjs';
import { findCompiler } from './checks.mjs';
import { run } from './command.mjs';
import { makeAside } from './finished.mjs';
import { BINDING, LIBRARIES } from './native.mjs';

export const KERNELS = 'kernels.node';
const SOURCES = join('ml', 'engine', 'native');
// Contraction into fused multiply-adds and no floating-point traps: loops become vectors. Sums are not reordered.
const FLAGS = [
  ...['-std=c++17', '-O3', '-march=native', '-ffp-contract=fast', '-fno-math-errno', '-fno-trapping-math'],
  ...['-fPIC', '-shared', '-pthread', '-Wall', '-Wextra', '-Werror', '-Wno-unknown-pragmas', '-DNAPI_VERSION=8'],
];

/** What the compiled operations depend on, besides TensorFlow. Starts no program. @param {string} clone */
export async function kernelsDigest(clone) {
  const names = (await readdir(join(clone, SOURCES))).filter((name) => /\.(cc|h)$/.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(clone, SOURCES, name), 'utf8')));
  return digest([...names, ...texts, ...FLAGS, await processor()], 16);
}

/** Model and instruction sets, as the kernel names them. */
async function processor() {
  if (!existsSync('/proc/cpuinfo')) return 'unknown';
  const lines = (await readFile('/proc/cpuinfo', 'utf8')).split('\n');
  return ['model name', 'flags'].map((name) => lines.find((line) => line.startsWith(name)) ?? '').join('\n');
}

/**
 * @param {string} folder to be made
 * @param {string} native folder of TensorFlow's libraries and headers, beside it
 * @param {import('./python.mjs').Surroundings} about
 */
export async function makeKernels(folder, native, { clone, env, signal, locks }) {
  const sources = join(clone, SOURCES);
  const files = (await readdir(sources)).filter((name) => name.endsWith('.cc')).sort();
  const include = [join(clone, 'node_modules', 'node-api-headers', 'include'), join(native, 'tensorflow', 'include')];
  await makeAside(folder, async (temporary) => {
    const target = join(temporary, KERNELS);
    await run(
      findCompiler(env),
      [
        ...FLAGS,
        ...include.map((path) => `-I${path}`),
        ...files.map((name) => join(sources, name)),
        ...['-o', target, `-L${native}`],
        ...LIBRARIES.map((name) => `-l:${name}`),
        `-Wl,-rpath,$ORIGIN/../${basename(native)}`,
      ],
      {
        cwd: temporary,
        env,
        signal,
        locks,
        what: 'compiling our operations for TensorFlow',
        cure: 'see the lines above; GCC 9 or later will do',
      },
    );
    const load = [join(native, BINDING), target].map((path) => `process.dlopen({ exports: {} }, ${JSON.stringify(path)});`).join('');
    await run(process.execPath, ['-e', load], {
      env,
      signal,
      locks,
      what: 'loading our operations into TensorFlow',
      cure: 'see the line above',
    });
  });
}
