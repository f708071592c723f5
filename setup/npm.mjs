/** The packages of package-lock.json in node_modules, install scripts off (.npmrc). */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.mjs';
import { readJson } from './json-file.mjs';

/**
 * Whether node_modules holds what the lock file says. npm writes its own record of the tree last, so an interrupted
 * installation has none.
 * @param {string} clone
 */
export async function packagesMatch(clone) {
  const wanted = JSON.parse(await readFile(join(clone, 'package-lock.json'), 'utf8'));
  const installed = await readJson(join(clone, 'node_modules', '.package-lock.json'));
  return isTree(installed?.['packages']) && treesMatch(wanted.packages, installed?.['packages']);
}

/** @param {unknown} packages */
function isTree(packages) {
  const isObject = (/** @type {unknown} */ value) => typeof value === 'object' && value !== null;
  return isObject(packages) && Object.values(/** @type {object} */ (packages)).every(isObject);
}

/**
 * @typedef {Record<string, { version?: string, integrity?: string, optional?: boolean, devOptional?: boolean }>} Packages
 * @param {Packages} wanted of the lock file, in which '' is the project itself
 * @param {Packages} installed of npm's record, which leaves out optional packages made for other platforms
 */
export function treesMatch(wanted, installed) {
  const same = Object.entries(wanted).every(([path, entry]) => {
    const have = installed[path];
    if (path === '') return true;
    if (have === undefined) return entry.optional === true || entry.devOptional === true;
    return have.version === entry.version && have.integrity === entry.integrity;
  });
  return same && Object.keys(installed).every((path) => path in wanted);
}

/**
 * @param {{ clone: string, env: Readonly<Record<string, string | undefined>>, signal: AbortSignal, locks: readonly number[] }} about
 */
export async function installPackages({ clone, env, signal, locks }) {
  // `--include=dev`: the compiler is a development dependency, and NODE_ENV=production would leave it out.
  await run('npm', ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: clone,
    env,
    signal,
    locks,
    what: 'npm ci',
    cure: 'see the lines above; with the network or the registry back (npm config get registry), run this again',
  });
}
