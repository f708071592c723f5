import assert from 'node:assert/strict';
import { checkRequest, startRun, type RunRequest } from '../../workers/start-run.js';
import type { TemporalLink } from '../../workers/temporal.js';
import { Problem } from '../../configs/problem.js';
import { observe } from '../../workers/observe.js';
import { WORKFLOW_TYPE } from '../../workflows/input.js';
import { taskQueueOf, workflowIdOf } from '../../workflows/names.js';
import { newPlace, type Place } from './place.js';
import { inputOf, planned, planOf, states, taskIn } from './plans.js';
import { gate, writing } from './tasks.js';

const EVENT_WORKFLOW_TASK_COMPLETED = 7;

describe('a run that cannot go on', function () {
  this.timeout(60_000);
  let place: Place;
  let ran: string[] = [];
  let hold = gate();
  let reached = gate();
  let broken = false;
  beforeEach(async () => {
    [ran, hold, reached, broken] = [[], gate(), gate(), false];
    place = await newPlace();
    await place.startWorkers({
      made: writing(['m'], () => void ran.push('made')),
      held: writing(['h'], () => {
        ran.push('held');
        reached.open();
        if (broken) throw new Problem({ code: 'DATASET', message: 'bad photos' });
        return hold.opened;
      }),
    });
  });
  afterEach(async () => {
    hold.open();
    await place.leave();
  });

  const plan = planOf(planned('made', { provides: ['m'] }), planned('held', { needs: ['made'], reads: ['m'], provides: ['h'] }));
  const linkTo = (other: Place): TemporalLink =>
    ({
      client: other.client,
      project: other.project,
      connection: other.client.connection,
      namespace: other.namespace,
      address: other.address,
    }) as unknown as TemporalLink;
  const from = (run: string): RunRequest => ({ plan, overrides: [], name: null, fromRun: run, until: null, fresh: false, by: 'ann' });

  /** Starts from `run` on the server of `other`, and says what was taken over. */
  async function goOn(run: string, other = place): Promise<Record<string, string>> {
    ran = [];
    hold.open();
    const next = await startRun(place.root, linkTo(other), from(run));
    await other.client.workflow.getHandle(workflowIdOf(place.project.id, next)).result();
    const ledger = await other.ledgerOnDisk(next);
    assert.equal(taskIn(ledger, 'made').fromRun, run);
    return states(ledger);
  }

  it('because it is closed is gone on from', async () => {
    hold.open();
    await (await place.start(inputOf('closed', plan))).result();
    assert.deepEqual([await goOn('closed'), ran], [{ made: 'reused', held: 'reused' }, []]);
  });

  it('because it was terminated in a task is gone on from, and its name explains itself', async () => {
    const handle = await place.start(inputOf('terminated', plan));
    await reached.opened;
    await handle.terminate('a test');
    assert.equal((await observe(place.root, 'terminated', () => Promise.resolve(linkTo(place)))).state, 'failed');
    await assert.rejects(checkRequest(place.root, { ...from('terminated'), name: 'terminated' }), {
      code: 'CONFLICT',
      cure: /^choose another name, such as terminated-2; emo-aen run --name terminated-2 --from-run terminated goes on/,
    });
    assert.deepEqual([await goOn('terminated'), ran], [{ made: 'reused', held: 'done' }, ['held']]);
  });

  it('because it timed out is gone on from', async () => {
    const handle = await place.client.workflow.start(WORKFLOW_TYPE, {
      workflowId: workflowIdOf(place.project.id, 'late'),
      taskQueue: taskQueueOf(place.project.id, 'cpu'),
      args: [inputOf('late', plan)],
      workflowRunTimeout: '3s',
    });
    await assert.rejects(handle.result());
    assert.equal((await handle.describe()).status.name, 'TIMED_OUT');
    assert.deepEqual([await goOn('late'), ran], [{ made: 'reused', held: 'done' }, ['held']]);
  });

  it('because its server lost everything is gone on from its ledger on disk, though that says running', async () => {
    await place.start(inputOf('lost', plan));
    await reached.opened;
    await place.client.workflow.getHandle(workflowIdOf(place.project.id, 'lost')).terminate('so that its worker is free');
    assert.equal((await place.ledgerOnDisk('lost')).state, 'running');
    const fresh = await newPlace(undefined, place.root);
    await fresh.startWorkers({ made: writing(['m'], () => void ran.push('made')), held: writing(['h'], () => void ran.push('held')) });
    const seen = await observe(place.root, 'lost', () => Promise.resolve(linkTo(fresh)));
    assert.equal(seen.remark, 'as last written: the Temporal server does not know this run');
    assert.deepEqual([await goOn('lost', fresh), ran], [{ made: 'reused', held: 'done' }, ['held']]);
    await fresh.leave();
  });

  it('in its history is reset to its beginning: it does its tasks again, and the ledger says so', async () => {
    broken = true;
    const handle = await place.start(inputOf('reset', plan));
    await place.until('reset', ({ state }) => state === 'blocked');
    [broken, ran] = [false, []];
    hold.open();
    const { events } = await handle.fetchHistory();
    const first = events?.find(({ eventType }) => Number(eventType) === EVENT_WORKFLOW_TASK_COMPLETED);
    await place.client.workflowService.resetWorkflowExecution({
      namespace: place.namespace,
      workflowExecution: { workflowId: workflowIdOf(place.project.id, 'reset') },
      workflowTaskFinishEventId: first?.eventId ?? null,
      reason: 'a test',
      requestId: 'reset once',
    });
    assert.deepEqual(await place.client.workflow.getHandle(workflowIdOf(place.project.id, 'reset')).result(), {
      run: 'reset',
      state: 'completed',
    });
    const ledger = await place.ledgerOnDisk('reset');
    assert.deepEqual([states(ledger), ran], [{ made: 'done', held: 'done' }, ['made', 'held']]);
    assert.deepEqual(
      ledger.events.map(({ action }) => action),
      ['start'],
    );
  });
});
