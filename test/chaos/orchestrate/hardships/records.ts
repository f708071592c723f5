/** Every record in `.emo-aen` is emptied, cut, or made nonsense, with the processes up and down. */
import { readdir, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Project, type Said } from '../project.js';
import { badly, begin, chain, completed, type Hardship } from './hardship.js';

const TASKS = chain(2, 100);
/** The one record that is not made again by itself: with another key, open runs could not be read. */
const KEY = '.emo-aen/project.json';
/** Not records: the server's own database, and logs. */
const PASSED = /(temporal\.db|\.log)/;

const DAMAGES: Readonly<Record<string, (path: string) => Promise<void>>> = {
  empty: (path) => truncate(path, 0),
  cut: async (path) => truncate(path, Math.floor((await readFile(path)).length / 2)),
  nonsense: (path) => writeFile(path, Buffer.from([0, 255, 123, 10, 0, 1, 2, 3])),
};

export const RECORDS: Hardship = {
  name: 'empty, cut and senseless records in .emo-aen',
  async undergo({ scratch }) {
    const project = await Project.make(join(scratch, 'project'));
    const found: string[] = [];
    try {
      await begin(project, 'before', TASKS);
      found.push(...(await completed(project, 'before', TASKS)));
      for (const [damage, inflict] of Object.entries(DAMAGES)) {
        for (const isUp of [true, false]) {
          if (!isUp) await project.type(['down']);
          const key = join(project.root, KEY);
          const backup = await readFile(key);
          for (const path of await records(project.root)) await inflict(path);
          const which = `with ${damage} records, processes ${isUp ? 'up' : 'down'}`;
          for (const line of [['status', 'before'], ['runs'], ['up'], ['doctor']])
            found.push(...badly(await project.type(line), `${line.join(' ')} ${which}`, [0, 1, 3]));
          found.push(...badly(await project.type(['down']), `down ${which}`, [0]));
          found.push(...refusal(await project.type(['up']), `up ${which}`));
          // Its two cures, in turn: a backup, and a new key.
          if (isUp) await writeFile(key, backup);
          else await rename(key, `${key}.damaged`);
          found.push(...badly(await project.type(['up']), `up ${which}`, [0]));
          const name = `after-${damage}-${isUp ? 'up' : 'down'}`;
          await begin(project, name, TASKS);
          found.push(...(await completed(project, name, TASKS)));
        }
      }
      return found;
    } finally {
      await project.type(['down']);
    }
  },
};

/** Nothing may start without the key; what is said names the file. */
function refusal({ code, stderr }: Said, line: string): string[] {
  return code === 1 && stderr.includes(KEY) ? [] : [`${line} did not refuse the damaged key: ${String(code)}, ${stderr.slice(0, 600)}`];
}

/** Every file in `.emo-aen` that is a record. */
async function records(root: string): Promise<string[]> {
  const entries = await readdir(join(root, '.emo-aen'), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !PASSED.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort((a, b) => relative(a, b).localeCompare(relative(b, a)));
}
