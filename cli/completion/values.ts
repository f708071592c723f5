/** What may stand for a placeholder (`<run>`, `<task>`) of a command: read from the disk, no server is asked. */
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isAbout } from '../../configs/problem.js';

/** What is known of the command line so far. */
export interface Typed {
  /** Absolute project root. */
  readonly root: string;
  /** The run that it is about; null where none is named yet. */
  readonly run: string | null;
  /** Relative to the root, or absolute. */
  readonly pipeline: string;
}

/** By the placeholder that help texts show; what is not here is a file or a text of one's own. */
export const VALUES: Readonly<Record<string, (typed: Typed) => Promise<readonly string[]>>> = {
  run: ({ root }) => runsOf(root),
  task: tasksOf,
  tasks: tasksOf,
  version: ({ root }) => versionsOf(root),
  number: () => Promise.resolve(['1', '2', '3', '4', '5', '6', '7', '8']),
  'path=value': async () => (await settings()).map((path) => `${path}=`),
};

async function runsOf(root: string): Promise<string[]> {
  const folders = await unlessMissing(readdir(join(root, 'runs'), { withFileTypes: true }));
  return (folders ?? []).filter((folder) => folder.isDirectory()).map(({ name }) => name);
}

/** Of models in the folder where they are published unless a setting says otherwise. */
async function versionsOf(root: string): Promise<string[]> {
  const folders = await unlessMissing(readdir(join(root, 'models', 'versions')));
  return (folders ?? []).filter((name) => /^\d/.test(name));
}

/** Those of the run, as its ledger has them; else those that the pipeline declares, a matrix as one. */
async function tasksOf({ root, run, pipeline }: Typed): Promise<readonly string[]> {
  if (run !== null) {
    const { lookForLedger } = await import('../../workers/candidates.js');
    const found = await lookForLedger(root, run);
    return found.is === 'sound' ? found.value.tasks.map(({ plan }) => plan.name) : [];
  }
  const { parse } = await import('yaml');
  const text = await unlessMissing(readFile(resolve(root, pipeline), 'utf8'));
  const declared: unknown = text === null ? null : parse(text);
  const tasks = isMap(declared) ? declared['tasks'] : null;
  return isMap(tasks) ? Object.keys(tasks) : [];
}

/** Those of the product. Those of own activities are known only to their code, and a key that is pressed never runs code of a folder. */
async function settings(): Promise<readonly string[]> {
  const [{ BUILT_IN }, { settingPathsOf }] = await Promise.all([
    import('../../configs/schema/catalog.js'),
    import('../../configs/load/shape.js'),
  ]);
  return settingPathsOf(BUILT_IN.kinds);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function unlessMissing<Found>(found: Promise<Found>): Promise<Found | null> {
  return found.catch((error: unknown) => {
    if (isAbout(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  });
}
