/** Runs that end before all is done, by a cancel or by a fail-fast task, while workers are killed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readLedger } from '../../../../workers/candidates.js';
import { insist, Project } from '../project.js';
import type { DrawnTask, Process } from '../story.js';
import { abreast, badly, begin, chain, completed, until, type Hardship } from './hardship.js';

const ROUNDS = 3;

export const CANCEL: Hardship = {
  name: 'cancel while workers are killed',
  async undergo({ scratch, draws }) {
    const project = await Project.make(join(scratch, 'project'));
    const found: string[] = [];
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const name = `cancelled-${round}`;
        const tasks = [
          ...abreast(3, 900),
          ...chain(5, 700).map((task) => ({ ...task, name: `c${task.name}`, needs: task.needs.map((need) => `c${need}`) })),
        ];
        await begin(project, name, tasks);
        await delay(draws.between(0, 2_500)); // when it happens is drawn
        const killed: Process = round % 2 === 0 ? 'cpu' : 'gpu';
        await Promise.all([project.kill(killed), project.type(['cancel', name])]);
        insist(await project.type(['up']));
        // A cancel that met nobody is typed again, as a person would.
        await project.type(['cancel', name]);
        found.push(...(await endedAs(project, name, 'cancelled')));
        found.push(...badly(await project.type(['retry', name]), 'retry of a cancelled run', [1, 2]));
        const again = `${name}-again`;
        insist(await project.type(['run', '--from-run', name, '--name', again, '--detach']));
        const status = await until(project, again, ({ state }) => state !== 'running');
        if (status?.state !== 'completed') found.push(`${again}, which starts from ${name}, is ${String(status?.state)}`);
      }
      return found;
    } finally {
      await project.type(['down']);
    }
  },
};

export const FAIL_FAST: Hardship = {
  name: 'fail-fast while workers are killed',
  async undergo({ scratch, draws }) {
    const project = await Project.make(join(scratch, 'project'));
    const found: string[] = [];
    try {
      for (let round = 0; round < ROUNDS; round++) {
        const name = `failed-${round}`;
        const failing: DrawnTask = { ...(abreast(1, 800)[0] as DrawnTask), name: 'fails', fails: 'stubborn', times: 99, failFast: true };
        await begin(project, name, [failing, ...chain(6, 900)]);
        await delay(draws.between(0, 1_500)); // when it happens is drawn
        await project.kill(round % 2 === 0 ? 'cpu' : 'gpu');
        found.push(...(await endedAs(project, name, 'failed')));
      }
      const healthy = chain(2, 100);
      await begin(project, 'healthy', healthy);
      return [...found, ...(await completed(project, 'healthy', healthy))];
    } finally {
      await project.type(['down']);
    }
  },
};

/** The run is in that state, on disk as well, and no task began after its end. */
async function endedAs(project: Project, name: string, wanted: 'cancelled' | 'failed'): Promise<string[]> {
  const status = await until(project, name, ({ state }) => state === 'cancelled' || state === 'failed' || state === 'completed');
  if (status?.state !== wanted) return [`${name} is ${String(status?.state)}, not ${wanted}`];
  const ledger = await readLedger(project.root, name);
  const states = new Set(ledger?.tasks.map(({ state }) => state));
  const journal = await readFile(join(project.root, 'journal', `${name}.jsonl`), 'utf8').catch(() => ''); // none where nothing began
  await delay(2_000); // nothing is to happen: there is no event to wait for
  const later = await readFile(join(project.root, 'journal', `${name}.jsonl`), 'utf8').catch(() => '');
  return [
    ...(ledger?.state === wanted ? [] : [`${name} is ${wanted}, but its file says ${String(ledger?.state)}`]),
    ...(states.has('running') || states.has('retrying') ? [`${name} has ended with tasks at work`] : []),
    ...(later === journal ? [] : [`${name} went on after its end: ${later.slice(journal.length)}`]),
  ];
}
