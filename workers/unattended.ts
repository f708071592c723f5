/** Whether anybody works on what the server calls under way: a worker that was killed is missed by the server only after a heartbeat timeout. */
import type { Ledger } from '../configs/schema/ledger.js';
import { Queue } from '../configs/schema/pipeline.js';
import { keyFault } from './key-fault.js';
import type { PendingTask } from './pending.js';
import { isGone, isHere, pollersOf } from './pollers.js';
import { isAlive } from './processes/identity.js';
import { MANY_DEATHS } from './processes/pauses.js';
import { findRecord, isSupervised, type ProcessRecord } from './processes/record.js';
import { placeOf } from './project/whose.js';
import type { TemporalLink } from './temporal.js';

/** As `workflows/execute.ts` has it where a task declares no heartbeat. */
const ALIVE_SECONDS = 20;
/** A worker of another machine tells of itself every two seconds while its task makes progress. */
const QUIET_MS = 10_000;

/** Sentences for the tasks that nobody works on, by name. */
export async function unattendedTasks(
  root: string,
  link: TemporalLink,
  ledger: Ledger,
  pending: readonly PendingTask[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const plans = new Map(ledger.tasks.map(({ plan }) => [plan.name, plan]));
  const records = await recordsOf(root);
  const busy = new Set(pending.filter((task) => task.given && !isGone(task.worker)).map((task) => plans.get(task.task)?.queue));
  const faults = new Map<Queue, ReturnType<typeof keyFault>>();
  const faultOf = (queue: Queue): ReturnType<typeof keyFault> => {
    const asked = faults.get(queue) ?? keyFault(root, link, queue);
    faults.set(queue, asked);
    return asked;
  };
  for (const task of pending) {
    const plan = plans.get(task.task);
    if (plan === undefined) continue;
    const record = records.get(plan.queue) ?? null;
    if (task.given && isGone(task.worker)) {
      const seconds = plan.heartbeatMs === null ? ALIVE_SECONDS : Math.ceil(plan.heartbeatMs / 1000);
      found.set(
        task.task,
        `nobody works on it: its worker (pid ${String(task.worker).split('@')[0]}) has ended; ${whatNext(record, plan.queue, seconds)}`,
      );
    } else if (task.given) {
      const quiet = task.lastSignAt === null ? 0 : Date.now() - task.lastSignAt;
      if (!isHere(task.worker) && quiet > QUIET_MS)
        found.set(task.task, `no sign of its worker (${placeOf(task.worker ?? '')}) for ${Math.round(quiet / 1000)} s`);
    } else {
      const fault = await faultOf(plan.queue);
      if (fault !== null) found.set(task.task, `${fault.message}: ${fault.cure}`);
      else if (!busy.has(plan.queue) && !isRunning(record) && (await pollersOf(link, plan.queue))?.length === 0)
        found.set(task.task, `nobody takes it: ${whatNext(record, plan.queue, null)}`);
    }
  }
  return found;
}

async function recordsOf(root: string): Promise<Map<Queue, ProcessRecord | null>> {
  return new Map(await Promise.all(Queue.options.map(async (queue) => [queue, await findRecord(root, queue)] as const)));
}

function whatNext(record: ProcessRecord | null, queue: Queue, seconds: number | null): string {
  if (isRunning(record)) return `the ${queue} worker takes it${seconds === null ? '' : ` within ${seconds} s`}`;
  if (record === null || !isSupervised(record)) return `the ${queue} worker does not run: emo-aen up`;
  const { deaths, log } = record;
  if (deaths !== null && deaths.count >= MANY_DEATHS)
    return `the ${queue} worker ended ${deaths.count} times in a row: ${log ?? 'its log'} says why`;
  return `the ${queue} worker ended (${deaths?.how ?? 'a moment ago'}) and is started again by itself`;
}

function isRunning(record: ProcessRecord | null): boolean {
  return record !== null && isAlive(record.process);
}
