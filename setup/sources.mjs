/** Our own TypeScript: compiled and bundled when, and only when, a source or the compiler changed. */
import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { digest } from './cache.mjs';
import { run } from './command.mjs';

const FOLDERS = ['configs', 'ml', 'activities', 'workflows', 'workers', 'cli', 'test', 'bench'];
const ALSO = ['tsconfig.json', 'package-lock.json', join('setup', 'bundle.mjs'), join('setup', 'web.mjs')];
/** The web page, all of it: also what is no TypeScript. */
const PAGE = 'web';
const SITE = join('dist', 'web', 'site');
const STAMP = join('dist', '.sources');

/** Files below a folder whose name ends so, relative to `clone`, sorted. @param {string} clone @param {string} folder @param {string} ending */
async function filesBelow(clone, folder, ending) {
  if (!existsSync(join(clone, folder))) return [];
  const entries = await readdir(join(clone, folder), { recursive: true, withFileTypes: true });
  // Node 20 before 20.12 calls a directory entry's folder `path`, later ones `parentPath`.
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(clone, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

/** sha256 over names and bytes of everything that dist/ is made from. @param {string} clone */
export async function sourcesDigest(clone) {
  const folders = [...FOLDERS.map((folder) => filesBelow(clone, folder, '.ts')), filesBelow(clone, PAGE, '')];
  const names = (await Promise.all(folders)).flat();
  const texts = await Promise.all([...names, ...ALSO].map(async (name) => [name, await readFile(join(clone, name), 'utf8')]));
  return digest(texts.flat(), 64);
}

/** Whether dist/ was made from these sources. @param {string} clone @param {string} sources digest */
export async function isCompiled(clone, sources) {
  return sources === (await readFile(join(clone, STAMP), 'utf8').catch(() => null));
}

/** @param {string} sources digest @param {import('./python.mjs').Surroundings} about */
export async function compileSources(sources, { clone, env, signal, locks }) {
  await rm(join(clone, STAMP), { force: true });
  const compiler = join(clone, 'node_modules', 'typescript', 'bin', 'tsc');
  const cure = 'correct the errors above (npm run check shows all of them)';
  await run(process.execPath, [compiler, '-p', clone, '--pretty', 'false'], {
    cwd: clone,
    env,
    signal,
    locks,
    what: 'compiling TypeScript',
    cure,
  });
  await removeOrphans(clone);
  const bundle = [join(clone, 'setup', 'bundle.mjs')];
  await run(process.execPath, bundle, { cwd: clone, env, signal, locks, what: 'bundling the workflows', cure: 'see the lines above' });
  const page = [join(clone, 'setup', 'web.mjs')];
  await run(process.execPath, page, { cwd: clone, env, signal, locks, what: 'building the web page', cure: 'see the lines above' });
  await writeFile(join(clone, `${STAMP}.tmp`), sources);
  await rename(join(clone, `${STAMP}.tmp`), join(clone, STAMP));
}

/** Removes what was compiled from sources that are gone: a test that was removed must not go on running. @param {string} clone */
async function removeOrphans(clone) {
  for (const compiled of await filesBelow(clone, 'dist', '.js')) {
    const source = compiled.split(sep).slice(1).join(sep).replace(/\.js$/, '.ts');
    const isBundle = compiled === join('dist', 'workflows', 'bundle.js');
    if (isBundle || compiled.startsWith(SITE + sep) || existsSync(join(clone, source))) continue;
    await rm(join(clone, compiled));
    await rm(join(clone, `${compiled}.map`), { force: true });
  }
}
