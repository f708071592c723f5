/** What must be on the machine before anything is installed. Each failure is one message with its cure. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findOnPath } from './command.mjs';
import { SetupFailure } from './failure.mjs';

export const LEAST_NODE = [20, 10]; // sharp 0.35 says 20.9, but imports JSON `with { type: 'json' }`, which 20.9 cannot parse
export const LEAST_PYTHON = [3, 10];
const PYTHONS = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];
const COMPILERS = ['g++', 'clang++', 'c++'];

/** Numbers of a dotted version: `v20.10.0` is [20, 10, 0]. @param {string} text */
export function parseVersion(text) {
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return found === null ? null : found.slice(1).map((part) => Number(part ?? 0));
}

/** Whether a version is at least another, number by number. @param {readonly number[]} version @param {readonly number[]} least */
export function atLeast(version, least) {
  for (const [place, wanted] of least.entries()) {
    const have = version[place] ?? 0;
    if (have !== wanted) return have > wanted;
  }
  return true;
}

/** @param {string} version as in process.version */
export function checkNode(version) {
  if (atLeast(parseVersion(version) ?? [0], LEAST_NODE)) return;
  throw new SetupFailure(`Node ${version} is too old`, `install Node ${LEAST_NODE.join('.')} or later (20 LTS, 22 LTS) and run this again`);
}

const GLIBC_LOADER = '/lib64/ld-linux-x86-64.so.2';

/** @param {string} platform as in process.platform @param {string} architecture as in process.arch */
export function checkPlatform(platform, architecture, glibc = existsSync(GLIBC_LOADER)) {
  if (platform === 'linux' && architecture === 'x64' && glibc) return;
  const found = platform === 'linux' && architecture === 'x64' ? 'Linux without glibc' : `${platform} on ${architecture}`;
  throw new SetupFailure(
    `${found} is not supported: the native parts exist for Linux with glibc on x64 only`,
    'use Linux on x64, or a container of it (for example the image node:20-bookworm with python3-venv and g++ added)',
  );
}

const ASK_PYTHON = `
import json, os, sys
def has(name):
    try: __import__(name); return True
    except ImportError: return False
base = getattr(sys, '_base_executable', None) or sys.executable
print(json.dumps({'version': '.'.join(map(str, sys.version_info[:3])), 'executable': os.path.realpath(base), 'venv': has('venv') and has('ensurepip')}))
`;

/**
 * The first Python on PATH that will do.
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {{ version: string, executable: string }}
 */
export function findPython(env) {
  const refused = [];
  for (const name of PYTHONS) {
    if (findOnPath(name, env) === null) continue;
    const asked = spawnSync(name, ['-I', '-c', ASK_PYTHON], { env, encoding: 'utf8' });
    if (asked.status !== 0) continue; // a version manager's shim for a Python that is not switched on
    /** @type {{ version: string, executable: string, venv: boolean }} */
    const python = JSON.parse(asked.stdout);
    if (!atLeast(parseVersion(python.version) ?? [0], LEAST_PYTHON)) refused.push(`${name} is ${python.version}`);
    else if (!python.venv) refused.push(`${name} ${python.version} lacks the modules venv and ensurepip`);
    else return python;
  }
  const found = refused.length === 0 ? 'no Python was found on PATH' : refused.join('; ');
  throw new SetupFailure(
    `Python ${LEAST_PYTHON.join('.')} or later with venv is needed: ${found}`,
    'install it (Debian, Ubuntu: sudo apt-get install python3 python3-venv) and run this again',
  );
}

/** The C++ compiler: $CXX, or the first on PATH. @param {Readonly<Record<string, string | undefined>>} env */
export function findCompiler(env) {
  const wanted = env['CXX'] ? [env['CXX'], ...COMPILERS] : COMPILERS;
  for (const name of wanted) {
    const path = name.includes('/') ? name : findOnPath(name, env);
    if (path !== null) return path;
  }
  throw new SetupFailure(
    'a C++ compiler is needed to build the TensorFlow binding, our operations for it and the decoder of photos, and none was found on PATH',
    'install one (Debian, Ubuntu: sudo apt-get install g++) and run this again; once built, it is kept for every clone',
  );
}

/**
 * Which TensorFlow to use: `cuda` where an NVIDIA driver answers, unless EMO_AEN_TENSORFLOW says otherwise.
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {'cpu' | 'cuda'}
 */
export function tensorflowVariant(env) {
  const wanted = env['EMO_AEN_TENSORFLOW'];
  if (wanted === 'cpu' || wanted === 'cuda') return wanted;
  if (wanted !== undefined && wanted !== '')
    throw new SetupFailure(`EMO_AEN_TENSORFLOW is "${wanted}"`, 'set it to cpu or cuda, or leave it unset to have the driver asked');
  if (findOnPath('nvidia-smi', env) === null) return 'cpu';
  return spawnSync('nvidia-smi', ['-L'], { env, timeout: 20_000 }).status === 0 ? 'cuda' : 'cpu';
}
