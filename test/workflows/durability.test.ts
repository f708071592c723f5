import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeRun } from '../../workers/pending.js';
import { workflowIdOf } from '../../workflows/names.js';
import { bundle, newPlace, type Place } from './place.js';
import { inputOf, planOf, planned, quickly, states, taskIn } from './plans.js';

const SCRIPT = fileURLToPath(new URL('mock-worker.js', import.meta.url));

describe('a run whose worker', function () {
  this.timeout(60_000);
  let place: Place;
  let workers: ChildProcess[] = [];
  beforeEach(async () => {
    place = await newPlace();
  });
  afterEach(async () => {
    for (const worker of workers) if (worker.exitCode === null && worker.signalCode === null) worker.kill('SIGKILL');
    workers = [];
    await place.leave();
  });

  async function startWorker(): Promise<ChildProcess> {
    const worker = spawn(process.execPath, [SCRIPT, place.root, place.address, place.namespace, await bundle()], { stdio: 'ignore' });
    workers.push(worker);
    return worker;
  }

  const plan = planOf(
    planned('first', { provides: ['a'] }),
    planned('steady', { needs: ['first'], provides: ['b'], heartbeatMs: 2_000, retry: quickly(4) }),
  );

  async function stepping(run: string, least: number): Promise<void> {
    for (;;) {
      const [pending] = (await describeRun(place.client, workflowIdOf(place.project.id, run))).pending;
      if ((pending?.progress?.done ?? 0) >= least) return;
      await new Promise((resolve) => setTimeout(resolve, 50)); // the server pushes nothing: it must be asked
    }
  }

  const attemptsOnDisk = async (): Promise<string[]> => (await readFile(join(place.root, 'steps'), 'utf8')).trim().split('\n');

  it('is killed with -9 in the middle of a task completes with the next one, from where the task was', async () => {
    const first = await startWorker();
    const handle = await place.start(inputOf('killed', plan));
    await stepping('killed', 3);
    first.kill('SIGKILL');
    await once(first, 'exit');
    await startWorker();
    assert.deepEqual(await handle.result(), { run: 'killed', state: 'completed' });
    const ledger = await place.ledgerOnDisk('killed');
    assert.deepEqual(states(ledger), { first: 'done', steady: 'done' });
    assert.equal(taskIn(ledger, 'steady').attempts, 2);
    const attempts = await attemptsOnDisk();
    assert.equal(attempts.length, 12, 'no step is lost, none done twice');
    assert.deepEqual([...new Set(attempts)], ['1', '2']);
  });

  it('is told to end hands its task to the next one, long before the heartbeat timeout', async () => {
    const first = await startWorker();
    const handle = await place.start(inputOf('ended', planOf(...plan.tasks.map((task) => ({ ...task, heartbeatMs: 600_000 })))));
    await stepping('ended', 2);
    first.kill('SIGTERM');
    await once(first, 'exit');
    await startWorker();
    await handle.result();
    const attempts = await attemptsOnDisk();
    assert.equal(attempts.length, 12);
    assert.deepEqual([...new Set(attempts)], ['1', '2'], 'the first worker stopped between two steps');
  });
});
