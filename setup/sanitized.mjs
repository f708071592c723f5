/** Our C++ as built with AddressSanitizer and UndefinedBehaviorSanitizer, in the cache beside the usual builds. */
import { execFileSync } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { sanitized } from './addon.mjs';
import { digest } from './cache.mjs';
import { findCompiler } from './checks.mjs';
import { DECODER, makeDecoder } from './decoder.mjs';
import { SetupFailure } from './failure.mjs';
import { isFinished, MARK } from './finished.mjs';
import { readJson } from './json-file.mjs';
import { KERNELS, makeKernels } from './kernels.mjs';

/** Leaks are Node's own: it frees nothing when it ends. tfjs' binding frees an array as if it were none, which is not ours. A finding ends the process, with where it was. */
const OPTIONS = {
  ASAN_OPTIONS: 'detect_leaks=0:alloc_dealloc_mismatch=0:abort_on_error=1:quarantine_size_mb=32:allocator_may_return_null=1',
  UBSAN_OPTIONS: 'halt_on_error=1:abort_on_error=1:print_stacktrace=1',
};

/**
 * Makes what is not there yet.
 * @param {import('./record.mjs').Installation} installation
 * @param {import('./python.mjs').Surroundings} about
 * @returns {Promise<Record<string, string>>} variables that test/fuzz/main.ts reads
 */
export async function makeSanitized({ decoder, tensorflow }, about) {
  const preload = libraryOf(findCompiler(about.env), about.env);
  const build = sanitized({ LD_PRELOAD: preload, ...OPTIONS });
  const recipe = digest(build.flags, 8);
  const made = {
    decoder: `${dirname(decoder)}-sanitized-${recipe}`,
    kernels: `${dirname(tensorflow.kernels)}-sanitized-${recipe}`,
  };
  if (!(await isFinished(made.decoder))) await makeDecoder(made.decoder, await besideOf(dirname(decoder)), about, build);
  if (!(await isFinished(made.kernels))) await makeKernels(made.kernels, tensorflow.folder, about, build);
  return {
    EMO_AEN_FUZZ_DECODER: join(made.decoder, DECODER),
    EMO_AEN_FUZZ_KERNELS: join(made.kernels, KERNELS),
    EMO_AEN_FUZZ_SANITIZERS: JSON.stringify(build.env),
  };
}

/** The folder with the libraries that an addon is linked to, as its mark has it. @param {string} folder */
async function besideOf(folder) {
  const mark = await readJson(join(folder, MARK));
  const [name] = mark?.['beside'] ?? [];
  if (typeof name !== 'string') throw new SetupFailure(`${basename(folder)} has no mark`, 'npm run setup');
  return join(dirname(folder), name);
}

/** @param {string} compiler @param {Readonly<Record<string, string | undefined>>} env */
function libraryOf(compiler, env) {
  const path = execFileSync(compiler, ['-print-file-name=libasan.so'], { env, encoding: 'utf8' }).trim();
  // Where it is not there, the compiler says its name alone.
  if (!path.includes('/')) throw new SetupFailure('the compiler has no libasan', 'install libasan, or use GCC: CXX=g++');
  return path;
}
