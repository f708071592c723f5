/** How soon a task runs again after its worker was killed, and how long the history of a run with retries gets. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { compilePlan } from '../../configs/load/compile.js';
import { startRun } from '../../workers/start-run.js';
import { workflowIdOf } from '../../workflows/names.js';
import { cancelUpdate, ledgerQuery, retryUpdate } from '../../workflows/messages.js';
import { median } from '../../ml/ranking/median.js';
import { NOTHING, type Findings } from '../report.js';
import { CLONE } from '../../configs/load/installation.js';
import { BUILT_IN } from '../../configs/schema/catalog.js';
import { BEGINNINGS, madeTask, NOTHING_AT_ALL, planOf } from './made-plan.js';
import type { Note, OrchestrateOptions } from './orchestrate.js';
import { end, inPlace, type Place } from './place.js';

const HEARTBEAT_MS = 5_000;
const RETRIES = 5;
const ASK_MS = 20;

export async function measureLimits({ rounds }: OrchestrateOptions, note: Note): Promise<Findings> {
  return inPlace(async (place) => {
    const late: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      note(`round ${round} of ${rounds}: kill -9 of a worker`);
      late.push((await secondsUntilAgain(place, `killed-${round}`)) - HEARTBEAT_MS / 1000);
    }
    note(`the method's tasks with ${RETRIES} retries`);
    const historyEvents = await eventsOfRetriedRun(place, 'retried');
    return { ...NOTHING, medians: { afterHeartbeatTimeoutSeconds: median(late), historyEvents } };
  });
}

/** From the kill to the next beginning of the task, in seconds; a new worker is there at once. */
async function secondsUntilAgain(place: Place, name: string): Promise<number> {
  const { root, link } = place;
  const before = (await beginnings(root)).length;
  const worker = await place.worker('ours');
  const plan = planOf([madeTask('beating', { uses: 'beating', heartbeatMs: HEARTBEAT_MS })]);
  await startRun(root, link, { plan, overrides: [], name, fromRun: null, until: null, fresh: true, by: 'the bench' });
  await until(async () => (await beginnings(root)).length === before + 1);
  await delay(2 * HEARTBEAT_MS); // so that the last heartbeat is as old as it usually is
  await end(worker);
  const killed = Date.now();
  const next = await place.worker('ours');
  await until(async () => (await beginnings(root)).length === before + 2);
  const again = (await beginnings(root)).at(-1) ?? NaN;
  const handle = link.client.workflow.getHandle(workflowIdOf(link.project.id, name));
  await handle.executeUpdate(cancelUpdate, { args: [{ by: 'the bench' }] });
  await handle.result();
  await end(next);
  return (again - killed) / 1000;
}

async function beginnings(root: string): Promise<number[]> {
  const text = await readFile(join(root, BEGINNINGS), 'utf8').catch(() => ''); // not there before the first
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}

/** The method's DAG, whose tasks do nothing; the last but one fails, with its tries, once for each retry. Heartbeats leave no events, so a day is no longer. */
async function eventsOfRetriedRun(place: Place, name: string): Promise<number> {
  const { root, link } = place;
  const worker = await place.worker('ours');
  const { tasks } = await compilePlan(CLONE, 'configs/pipeline.yaml', [], BUILT_IN);
  const emptied = tasks.map(({ name: task, stage, needs }) => {
    const fails = task === 'publish';
    return madeTask(task, {
      stage,
      needs,
      uses: fails ? 'failing' : NOTHING_AT_ALL,
      ...(fails ? { retry: { ...madeTask('x', {}).retry, backoffMs: 10 } } : {}),
    });
  });
  await startRun(root, link, { plan: planOf(emptied), overrides: [], name, fromRun: null, until: null, fresh: true, by: 'the bench' });
  const handle = link.client.workflow.getHandle(workflowIdOf(link.project.id, name));
  const isBlocked = async (): Promise<boolean> => (await handle.query(ledgerQuery)).state === 'blocked';
  const mended = emptied.filter(({ uses }) => uses === 'failing').map((task) => ({ ...task, uses: NOTHING_AT_ALL }));
  for (let retry = 1; retry <= RETRIES; retry++) {
    await until(isBlocked);
    const plan = retry === RETRIES ? mended : [];
    await handle.executeUpdate(retryUpdate, { args: [{ tasks: [], stage: null, plan, overrides: [], by: 'the bench' }] });
  }
  await handle.result();
  const { historyLength } = await handle.describe();
  await end(worker);
  return historyLength;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(ASK_MS); // a file and a workflow push nothing: they must be asked
}
