/** Our own C++ for Node, compiled for the processor of this machine: folders in the cache are named after it, so that a home shared by different machines has one for each. */
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { digest } from './cache.mjs';
import { findCompiler } from './checks.mjs';
import { run } from './command.mjs';
import { makeAside } from './finished.mjs';

// Contraction into fused multiply-adds and no floating-point traps: loops become vectors. Sums are not reordered.
const FLAGS = [
  ...['-std=c++17', '-O3', '-march=native', '-ffp-contract=fast', '-fno-math-errno', '-fno-trapping-math'],
  ...['-fPIC', '-shared', '-pthread', '-Wall', '-Wextra', '-Werror', '-Wno-unknown-pragmas', '-DNAPI_VERSION=8'],
];

/**
 * @typedef {object} Build
 * @property {readonly string[]} flags of the compiler
 * @property {Readonly<Record<string, string>>} env what a process that loads the addon needs besides
 */

/** @type {Build} */
const USUAL = { flags: FLAGS, env: {} };

// Slow, and right: what stands behind a finding is a line of a source.
const SANITIZED = [
  ...['-std=c++17', '-O1', '-g', '-march=native', '-ffp-contract=fast', '-fno-omit-frame-pointer'],
  ...['-fsanitize=address,undefined,float-cast-overflow', '-fno-sanitize-recover=all'],
  ...['-fPIC', '-shared', '-pthread', '-Wno-unknown-pragmas', '-DNAPI_VERSION=8'],
];

/**
 * A build with AddressSanitizer and UndefinedBehaviorSanitizer, which the fuzzer runs.
 * @param {Readonly<Record<string, string>>} env with which Node, which has neither, takes such an addon
 * @returns {Build}
 */
export const sanitized = (env) => ({ flags: SANITIZED, env });

/** What a compiled addon depends on, besides the libraries it is linked to. Starts no program. @param {string} clone @param {string} sources its folder in the clone */
export async function addonDigest(clone, sources) {
  const names = (await readdir(join(clone, sources))).filter((name) => /\.(cc|h)$/.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(clone, sources, name), 'utf8')));
  return digest([...names, ...texts, ...FLAGS, await processor()], 16);
}

/** Model and instruction sets, as the kernel names them. */
async function processor() {
  if (!existsSync('/proc/cpuinfo')) return 'unknown';
  const lines = (await readFile('/proc/cpuinfo', 'utf8')).split('\n');
  return ['model name', 'flags'].map((name) => lines.find((line) => line.startsWith(name)) ?? '').join('\n');
}

/**
 * @typedef {object} Addon
 * @property {string} what said of it
 * @property {string} file name of the addon in its folder
 * @property {string} sources folder in the clone
 * @property {readonly string[]} include folders of headers besides Node's
 * @property {readonly { folder: string, name: string }[]} libraries that it is linked to
 * @property {string} beside the folder, beside its own, that libraries are found in when it is loaded and the process does not have them already
 * @property {string} load JavaScript that loads it; `addon` is its path
 */

/**
 * Compiles an addon into a folder of its own and loads it once.
 * @param {string} folder to be made
 * @param {Addon} addon
 * @param {import('./python.mjs').Surroundings} about
 * @param {Build} build
 */
export async function makeAddon(
  folder,
  { what, file, sources, include, libraries, beside, load },
  { clone, env, signal, locks },
  build = USUAL,
) {
  const files = (await readdir(join(clone, sources))).filter((name) => name.endsWith('.cc')).sort();
  const make = async (/** @type {string} */ temporary) => {
    const target = join(temporary, file);
    await run(
      findCompiler(env),
      [
        ...build.flags,
        `-I${join(clone, 'node_modules', 'node-api-headers', 'include')}`,
        ...include.flatMap((path) => ['-isystem', path]),
        ...files.map((name) => join(clone, sources, name)),
        ...['-o', target],
        ...libraries.flatMap(({ folder: where, name }) => [`-L${where}`, `-l:${name}`]),
        `-Wl,-rpath,$ORIGIN/../${basename(beside)}`,
      ],
      { cwd: temporary, env, signal, locks, what: `compiling ${what}`, cure: 'see the lines above; GCC 9 or later will do' },
    );
    const script = `const addon = ${JSON.stringify(target)};\n${load}`;
    await run(process.execPath, ['-e', script], {
      cwd: clone,
      env: { ...env, ...build.env },
      signal,
      locks,
      what: `loading ${what}`,
      cure: 'see the line above',
    });
  };
  await makeAside(folder, make, [basename(beside)]);
}
