/** What set-up installed and built, and what else a run uses. */
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CLONE, readInstallation, type Installation } from '../../configs/load/installation.js';
import { Problem } from '../../configs/problem.js';
import { checkAddon } from '../../ml/addon.js';
import { temporalProgram } from '../../workers/server/program.js';
import { placeName, type Finding } from './finding.js';
import { firstLine } from './program.js';

const LEAST_NODE = [20, 9] as const;
const PACKAGES = ['@temporalio/worker', '@tensorflow/tfjs-node-gpu', 'onnxruntime-node', 'sharp'];
const AGAIN = 'npm run setup';

export async function softwareFindings(root: string): Promise<Finding[]> {
  const installation = await readInstallation().catch((error: unknown) => {
    if (error instanceof Problem) return null;
    throw error;
  });
  const always = [node(), ...PACKAGES.map(npmPackage)];
  const setUp: Finding = {
    id: 'set-up',
    title: 'set-up',
    found: installation === null ? null : `kept in ${placeName(root, installation.cache)}`,
    ok: installation !== null,
    needed: true,
    cure: installation === null ? AGAIN : null,
  };
  if (installation === null) return [...always, setUp, ...(await Promise.all([git(), temporal()]))];
  const asked = [
    git(),
    temporal(),
    python(root, installation),
    wandb(installation),
    tensorflow(root, installation),
    decoder(root, installation),
  ];
  return [...always, setUp, ...(await Promise.all(asked)), photos(root, installation)];
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  const cure = ok ? null : `install Node ${LEAST_NODE.join('.')} or later`;
  return { id: 'node', title: 'Node', found: process.versions.node, ok, needed: true, cure };
}

function npmPackage(name: string): Finding {
  const version = packageVersion(name);
  return { id: name, title: name, found: version, ok: version !== null, needed: true, cure: version === null ? AGAIN : null };
}

/** Read from its package.json by path: not every package lets that be imported. */
function packageVersion(name: string): string | null {
  const path = join(CLONE, 'node_modules', name, 'package.json');
  if (!existsSync(path)) return null;
  const found: unknown = createRequire(import.meta.url)(path);
  return typeof found === 'object' && found !== null && 'version' in found ? String(found.version) : null;
}

async function git(): Promise<Finding> {
  const found = (await firstLine('git', ['--version']))?.replace(/^git version /, '') ?? null;
  const cure = found === null ? 'install git (Debian, Ubuntu: sudo apt-get install git): the checklist asks it what is committed' : null;
  return { id: 'git', title: 'git', found, ok: found !== null, needed: true, cure };
}

async function temporal(): Promise<Finding> {
  const place = await temporalProgram().catch((error: unknown) => {
    if (error instanceof Problem) return null;
    throw error;
  });
  const version = place === null ? null : await firstLine(place.program, ['--version']);
  const found = place === null || version === null ? null : `${version.replace('temporal version ', '')}, from ${place.source}`;
  return { id: 'temporal', title: 'Temporal CLI', found, ok: found !== null, needed: true, cure: found === null ? AGAIN : null };
}

async function python(root: string, { python: { executable } }: Installation): Promise<Finding> {
  const version = await firstLine(executable, ['--version']);
  const found = version === null ? null : `${version.replace('Python ', '')}, ${placeName(root, executable)}`;
  return { id: 'python', title: 'Python environment', found, ok: found !== null, needed: true, cure: found === null ? AGAIN : null };
}

async function wandb({ python: { executable } }: Installation): Promise<Finding> {
  const found = await firstLine(executable, ['-I', '-c', "import importlib.metadata as m; print(m.version('wandb'))"]);
  return { id: 'wandb', title: 'wandb', found, ok: found !== null, needed: true, cure: found === null ? AGAIN : null };
}

async function tensorflow(root: string, { tensorflow: { variant, version, binding } }: Installation): Promise<Finding> {
  const script = `process.dlopen({ exports: {} }, ${JSON.stringify(binding)});`;
  return compiled(root, { id: 'tensorflow', title: 'TensorFlow', path: binding, script, about: `${version} (${variant}), ` });
}

/** Behind sharp, whose libvips it takes. */
async function decoder(root: string, { decoder: path }: Installation): Promise<Finding> {
  const from = JSON.stringify(join(CLONE, 'package.json'));
  const script = `const load = require('node:module').createRequire(${from}); load('sharp'); load(${JSON.stringify(path)});`;
  return compiled(root, { id: 'decoder', title: 'decoder of photos', path, script, about: '' });
}

interface Compiled extends Pick<Finding, 'id' | 'title'> {
  readonly path: string;
  /** JavaScript that loads it. */
  readonly script: string;
  /** Said in front of its path. */
  readonly about: string;
}

/** Compares it with what set-up made, then loads it in a process of its own: whether this processor runs it is only seen then. */
async function compiled(root: string, { id, title, path, script, about }: Compiled): Promise<Finding> {
  const fault = await checkAddon(path, title).then(
    () => null,
    (error: unknown) => {
      if (error instanceof Problem) return error;
      throw error;
    },
  );
  if (fault !== null) {
    const found = fault.where === undefined ? fault.message : `${placeName(root, fault.where)}: ${fault.message}`;
    return { id, title, found, ok: false, needed: true, cure: fault.cure ?? AGAIN };
  }
  const ok = (await firstLine(process.execPath, ['-e', `${script} console.log('loads')`])) === 'loads';
  const found = ok ? `${about}${placeName(root, path)}` : `${placeName(root, path)} cannot be loaded`;
  const cure = ok ? null : `rm -rf '${join(path, '..')}' && ${AGAIN}`;
  return { id, title, found, ok, needed: true, cure };
}

function photos(root: string, { samplePhotos }: Installation): Finding {
  const ok = existsSync(samplePhotos);
  const found = ok ? placeName(root, samplePhotos) : null;
  return { id: 'sample-photos', title: 'sample photos', found, ok, needed: false, cure: ok ? null : AGAIN };
}
