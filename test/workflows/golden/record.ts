/**
 * Records the histories that the replay test replays: `npm run build && node dist/test/workflows/golden/record.js [SCENARIO]…`, all or those named.
 * Record anew when the workflow writes other histories than before, and keep the files of before as `v<n>-<scenario>.json`: they are
 * replayed too, and prove that runs which are open now can go on. A file is taken away only with a commit that says why they cannot.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowHandle } from '@temporalio/client';
import { Problem } from '../../../configs/problem.js';
import { loadCandidates } from '../../../workers/candidates.js';
import { ATTRIBUTE_NAMES } from '../../../workflows/attribute-keys.js';
import { workflowIdOf } from '../../../workflows/names.js';
import { approveUpdate, cancelUpdate, pauseUpdate, resumeUpdate, retryUpdate, skipUpdate } from '../../../workflows/messages.js';
import { newDevServer, stopDevServer } from '../dev-server.js';
import { newPlace, type Place } from '../place.js';
import { inputOf, layered, planned, planOf, states } from '../plans.js';
import { writing } from '../tasks.js';

const FOLDER = new URL('../../../../test/workflows/golden/', import.meta.url);
const by = 'ann';
/** Of events, from which on the server suggests a new history: more than any scenario has but the one that is about it. */
const SUGGESTED_AT = 150;
const KEYWORD = 2; // temporal.api.enums.v1.IndexedValueType

let broken = false;
const TASKS = {
  look: writing(['l']),
  make: writing(['m'], () => {
    if (broken) throw new Problem({ code: 'DATASET', message: 'bad photos', where: 'training_files', cure: 'mend them' });
  }),
  use: writing(['u']),
  wait: writing([], ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))),
  nothing: writing([]),
  checklist: writing([]),
};
const PLAN = planOf(
  planned('look', { outside: true, provides: ['l'] }),
  planned('make', { needs: ['look'], reads: ['l'], provides: ['m'] }),
  planned('use', { needs: ['make'], reads: ['m'], provides: ['u'], queue: 'gpu', heartbeatMs: 30_000 }),
  planned('checklist', { needs: ['use'] }),
);

/** Each starts a run of its own name and brings it to its end. */
const SCENARIOS: Record<string, (place: Place, start: (input?: object) => Promise<WorkflowHandle>, run: string) => Promise<void>> = {
  success: async (_place, start) => {
    await (await start()).result();
  },
  reused: async (place, start) => {
    await (await start({ candidates: await loadCandidates(place.root, 'test') })).result();
  },
  retried: async (place, start, run) => {
    broken = true;
    const handle = await start();
    await place.until(run, ({ state }) => state === 'blocked');
    broken = false;
    await handle.executeUpdate(retryUpdate, { args: [{ tasks: [], stage: null, plan: [], overrides: [], by }] });
    await handle.result();
  },
  skipped: async (place, start, run) => {
    broken = true;
    const handle = await start({ plan: planOf(PLAN.tasks[0] ?? planned('look'), planned('make')) });
    await place.until(run, (ledger) => ledger.state === 'blocked' && states(ledger)['look'] === 'done');
    broken = false;
    await handle.executeUpdate(skipUpdate, { args: [{ tasks: ['make'], stage: null, reason: 'not needed', by }] });
    await handle.result();
  },
  paused: async (_place, start) => {
    const handle = await start();
    await handle.executeUpdate(pauseUpdate, { args: [{ by }] });
    await handle.executeUpdate(resumeUpdate, { args: [{ by }] });
    await handle.result();
  },
  blocked: async (place, start, run) => {
    broken = true;
    const handle = await start();
    await place.until(run, ({ state }) => state === 'blocked');
    broken = false;
    await handle.terminate('blocked is how it is recorded');
  },
  reset: async (place, start, run) => {
    broken = true;
    const handle = await start();
    await place.until(run, ({ state }) => state === 'blocked');
    broken = false;
    const { events } = await handle.fetchHistory();
    const first = events?.find(({ workflowTaskCompletedEventAttributes }) => (workflowTaskCompletedEventAttributes ?? null) !== null);
    await place.client.workflowService.resetWorkflowExecution({
      namespace: place.namespace,
      workflowExecution: { workflowId: workflowIdOf(place.project.id, run) },
      workflowTaskFinishEventId: first?.eventId ?? null,
      reason: 'a recording',
      requestId: run,
    });
    await place.client.workflow.getHandle(workflowIdOf(place.project.id, run)).result();
  },
  attributes: async (place, start) => {
    const attributes = Object.fromEntries(ATTRIBUTE_NAMES.map((name) => [name, KEYWORD]));
    await place.client.connection.operatorService.addSearchAttributes({ namespace: place.namespace, searchAttributes: attributes });
    await (await start({ attributes: true })).result();
  },
  approved: async (place, start, run) => {
    const handle = await start({ plan: planOf(planned('use', { approval: 'look at it' })) });
    await place.until(run, ({ state }) => state === 'blocked');
    await handle.executeUpdate(approveUpdate, { args: [{ task: 'use', by }] });
    await handle.result();
  },
  'failed-fast': async (place, start, run) => {
    broken = true;
    const handle = await start({ plan: planOf(planned('make', { onFailure: 'fail-fast' }), planned('wait')) });
    await place.until(run, (ledger) => ledger.endedAt !== null);
    broken = false;
    await handle.result().catch(() => undefined); // it ends as failed
  },
  /** The history that a run went on in; the one before ends where it began. */
  continued: async (_place, start) => {
    await (await start({ plan: layered(48, 8) })).result();
  },
  cancelled: async (place, start, run) => {
    const handle = await start({ plan: planOf(planned('wait'), planned('use', { needs: ['wait'] })) });
    await place.until(run, (ledger) => states(ledger)['wait'] === 'running');
    await handle.executeUpdate(cancelUpdate, { args: [{ by }] });
    await handle.cancel();
    await handle.result().catch(() => undefined); // it ends as cancelled
  },
};

/** A worker's own queue: its process and machine. */
const STICKY_QUEUE = /^\d+@[\w.-]+$/;

/** What tells where it was recorded says nothing about the workflow. */
function withoutTraces(json: string): string {
  return JSON.stringify(JSON.parse(json), (key, value: unknown) => {
    if (key === 'identity' || key === 'stackTrace') return '';
    return typeof value === 'string' && STICKY_QUEUE.test(value) ? 'sticky' : value;
  });
}

async function record(run: string, name: string, execution?: string): Promise<void> {
  const history = await place.client.workflow.getHandle(workflowIdOf(place.project.id, run), execution).fetchHistory();
  await writeFile(new URL(`${name}.json`, FOLDER), `${withoutTraces(historyToJSON(history))}\n`);
}

async function firstExecution(run: string): Promise<string> {
  const { events } = await place.client.workflow.getHandle(workflowIdOf(place.project.id, run)).fetchHistory();
  return events?.[0]?.workflowExecutionStartedEventAttributes?.firstExecutionRunId ?? '';
}

const named = process.argv.slice(2);
const unknown = named.filter((name) => !(name in SCENARIOS));
if (unknown.length > 0) throw new Error(`no such scenario: ${unknown.join(', ')}`);
await mkdir(FOLDER, { recursive: true });
const place = await newPlace(newDevServer('--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${SUGGESTED_AT}`), undefined, true);
await place.startWorkers(TASKS);
for (const [name, scenario] of Object.entries(SCENARIOS).filter(([name]) => named.length === 0 || named.includes(name))) {
  const start = (change = {}): Promise<WorkflowHandle> => place.start({ ...inputOf(name, PLAN), ...change });
  await scenario(place, start, name);
  await record(name, name);
  if (name === 'continued') await record(name, `before-${name}`, await firstExecution(name));
}
await place.leave();
await stopDevServer();
