/**
 * From a fresh clone to a working machine. Every step looks first whether it is done already, so an interrupted set-up is
 * repaired by running it again, and a second one has nothing to do. What is downloaded and built goes into the user's cache
 * (cache.mjs); the clone gets node_modules, dist and `.emo-aen/setup.json`.
 */
import { mkdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addonDigest } from './addon.mjs';
import { cacheFolders, cacheRoot, LIBJPEG_FILE, pinnedPackage, PHOTOS_FILE, tensorflowFile } from './cache.mjs';
import { checkNode, checkPlatform, findCompiler, findPython, tensorflowVariant } from './checks.mjs';
import { DECODER, DECODER_SOURCES, makeDecoder, makeLibjpeg } from './decoder.mjs';
import { SetupFailure } from './failure.mjs';
import { isFinished } from './finished.mjs';
import { KERNELS, KERNEL_SOURCES, makeKernels } from './kernels.mjs';
import { withLock } from './lock.mjs';
import { BINDING, bindingIsLinked, linkBinding, makeNative } from './native.mjs';
import { installPackages, packagesMatch } from './npm.mjs';
import { makePhotos } from './photos.mjs';
import { makeEnvironment, pythonOf } from './python.mjs';
import { inputsDigest, readRecord, writeRecord } from './record.mjs';
import { compileSources, isCompiled, sourcesDigest } from './sources.mjs';

export const CLONE = dirname(dirname(fileURLToPath(import.meta.url)));

/** @param {string} text */
function say(text) {
  process.stderr.write(`set-up: ${text}\n`);
}

/**
 * Makes this clone ready to run; quick if it is.
 * @param {Readonly<Record<string, string | undefined>>} env
 */
export async function setUp(env = process.env) {
  checkNode(process.version);
  checkPlatform(process.platform, process.arch);
  if (await isReady(env)) return;
  const begun = performance.now();
  const waiting = () => say('another set-up is at work: waiting for it');
  const clone = await realpath(CLONE);
  // Long enough for the other set-up to download all of it over a slow line.
  const options = { onWait: waiting, waitSeconds: 3_600 };
  await withLock(
    join(clone, '.emo-aen', 'locks', 'set-up'),
    (ofClone) =>
      withLock(join(cacheRoot(env), 'locks', 'set-up'), (ofCache) => makeReady({ clone, env, locks: [ofClone, ofCache] }), options),
    options,
  );
  say(`complete (${seconds(begun)})`);
}

/** Whether nothing is to be done. Starts no program. @param {Readonly<Record<string, string | undefined>>} env */
export async function isReady(env) {
  const record = await readRecord(CLONE);
  if (record === null || record.inputs !== (await inputsDigest(CLONE, env))) return false;
  const { tensorflow, decoder, samplePhotos, python } = record;
  const made = [tensorflow.folder, dirname(tensorflow.kernels), dirname(decoder), samplePhotos, dirname(dirname(python.executable))];
  for (const folder of made) if (!(await isFinished(folder))) return false;
  if (!(await packagesMatch(CLONE)) || !(await bindingIsLinked(CLONE, tensorflow.folder))) return false;
  return isCompiled(CLONE, await sourcesDigest(CLONE));
}

/** @param {{ clone: string, env: Readonly<Record<string, string | undefined>>, locks: readonly number[] }} where */
async function makeReady({ clone, env, locks }) {
  const cache = cacheRoot(env);
  const base = findPython(env);
  const variant = tensorflowVariant(env);
  const digests = { kernels: await addonDigest(clone, KERNEL_SOURCES), decoder: await addonDigest(clone, DECODER_SOURCES) };
  const folders = await cacheFolders({ clone, cache, python: base, variant, ...digests });
  const requirements = tensorflowFile(variant);
  const tensorflow = pinnedPackage(await readFile(join(clone, requirements), 'utf8'));
  const finished = {
    python: await isFinished(folders.python),
    native: await isFinished(folders.native),
    kernels: await isFinished(folders.kernels),
    libjpeg: await isFinished(folders.libjpeg),
    decoder: await isFinished(folders.decoder),
    photos: await isFinished(folders.photos),
  };
  if (!finished.native || !finished.kernels || !finished.decoder) findCompiler(env); // said now, not after a long download
  if (variant === 'cuda')
    say('an NVIDIA driver answers: the CUDA build of TensorFlow is used (untested; EMO_AEN_TENSORFLOW=cpu goes without)');
  await mkdir(cache, { recursive: true });

  const failing = new AbortController();
  const about = { clone, env, locks, signal: failing.signal };
  const python = pythonOf(folders.python);
  const pipReady = signalled();
  const packages = unless(await packagesMatch(clone), 'npm packages', () => installPackages(about));
  const environment = unless(finished.python, 'Python environment', () =>
    makeEnvironment(folders.python, base.executable, about, pipReady.give),
  );
  void environment.then(pipReady.give, pipReady.refuse);
  const native = unless(finished.native, `TensorFlow ${tensorflow.version} (${variant}), a large download`, async () => {
    await pipReady.promise;
    await makeNative(folders.native, { python, requirements, packagesReady: packages, say }, about);
  });
  const kernels = native.then(async () => {
    await packages;
    await unless(finished.kernels, 'our operations for TensorFlow', () => makeKernels(folders.kernels, folders.native, about));
  });
  const libjpeg = unless(finished.libjpeg, 'libjpeg-turbo', async () => {
    await pipReady.promise;
    await makeLibjpeg(folders.libjpeg, { python, requirements: LIBJPEG_FILE }, about);
  });
  const decoder = libjpeg.then(async () => {
    await packages;
    await unless(finished.decoder, 'our decoder of photos', () => makeDecoder(folders.decoder, folders.libjpeg, about));
  });
  const photos = unless(finished.photos, 'sample photos', async () => {
    await pipReady.promise;
    await makePhotos(folders.photos, { python, requirements: PHOTOS_FILE }, about);
  });
  const compiled = packages.then(async () => {
    const sources = await sourcesDigest(clone);
    await unless(await isCompiled(clone, sources), 'TypeScript', () => compileSources(sources, about));
  });
  // An error in a source is told last: it must not throw away a download.
  compiled.catch(() => undefined);
  await allOrFirstFailure([packages, environment, native, kernels, libjpeg, decoder, photos], failing);

  if (!(await bindingIsLinked(clone, folders.native))) await linkBinding(clone, folders.native);
  await writeRecord(clone, {
    version: 1,
    inputs: await inputsDigest(clone, env),
    python: { version: base.version, executable: python, base: base.executable },
    temporal: join(folders.python, 'bin', 'temporal'),
    samplePhotos: folders.photos,
    tensorflow: {
      package: tensorflow.name,
      version: tensorflow.version,
      variant,
      folder: folders.native,
      binding: join(folders.native, BINDING),
      kernels: join(folders.kernels, KERNELS),
    },
    decoder: join(folders.decoder, DECODER),
    cache,
  });
  await compiled;
}

/**
 * Runs a step that is not done yet, and says so.
 * @param {boolean} done
 * @param {string} title
 * @param {() => Promise<void>} step
 */
async function unless(done, title, step) {
  if (done) return;
  const begun = performance.now();
  say(`${title} …`);
  await step();
  say(`${title}: done (${seconds(begun)})`);
}

/** A promise that is settled from outside. Nobody need wait for it. */
function signalled() {
  /** @type {() => void} */
  let give = () => undefined;
  /** @type {(error: unknown) => void} */
  let refuse = () => undefined;
  const promise = new Promise((resolve, reject) => {
    give = () => resolve(undefined);
    refuse = reject;
  });
  promise.catch(() => undefined);
  return { promise, give, refuse };
}

/**
 * Waits for all. The first failure ends the programs of the others, and is thrown once they are gone.
 * @param {readonly Promise<unknown>[]} steps
 * @param {AbortController} failing
 */
async function allOrFirstFailure(steps, failing) {
  /** @type {unknown} */
  let first;
  await Promise.allSettled(
    steps.map((step) =>
      step.catch((error) => {
        first ??= error;
        failing.abort();
      }),
    ),
  );
  if (first !== undefined) throw first;
}

/** @param {number} begun */
function seconds(begun) {
  return `${((performance.now() - begun) / 1000).toFixed(1)} s`;
}

/** Runs set-up as a program does. Returns whether it went well. */
export async function setUpOrExplain(env = process.env) {
  return doneOrExplained(() => setUp(env));
}

/**
 * Does a part of set-up as a program does: a failure is its message on stderr and exit code 1. Returns whether it went well.
 * @param {() => Promise<void>} work
 */
export async function doneOrExplained(work) {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof SetupFailure)) throw error;
    process.stderr.write(`${error.describe()}\n`);
    process.exitCode = 1;
    return false;
  }
}
