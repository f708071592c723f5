import assert from 'node:assert/strict';
import { Problem } from '../../configs/problem.js';
import { workflowIdOf } from '../../workflows/names.js';
import { retryUpdate, skipUpdate } from '../../workflows/messages.js';
import { newDevServer } from './dev-server.js';
import { newPlace, type Place } from './place.js';
import { inputOf, layered, planOf, planned, states, taskIn } from './plans.js';
import { gate, writing } from './tasks.js';

const by = 'a test';
/** Of events, from which on this server suggests a new history; a server that is not told otherwise suggests it at 4,096. */
const SUGGESTED_AT = 40;

describe('a run whose history gets long', function () {
  this.timeout(60_000);
  let place: Place;
  before(async () => {
    const words = ['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${SUGGESTED_AT}`];
    place = await newPlace(newDevServer(...words));
  });
  afterEach(() => place.stopWorkers());
  after(() => place.leave());

  const update = (run: string) => place.client.workflow.getHandle(workflowIdOf(place.project.id, run));

  async function histories(run: string): Promise<number> {
    let count = 0;
    for await (const _ of place.client.workflow.list({ query: `WorkflowId = '${workflowIdOf(place.project.id, run)}'` })) count += 1;
    return count;
  }

  it('goes on in new ones and loses nothing: each task ran once', async () => {
    const ran: string[] = [];
    await place.startWorkers({ nothing: writing([], ({ task }) => void ran.push(task)) });
    const handle = await place.start(inputOf('long', layered(40, 8)));
    assert.deepEqual(await handle.result(), { run: 'long', state: 'completed' });
    const plan = layered(40, 8);
    assert.deepEqual(ran.sort(), plan.tasks.map(({ name }) => name).sort());
    const ledger = await place.ledgerOnDisk('long');
    assert.deepEqual(new Set(Object.values(states(ledger))), new Set(['done']));
    assert.deepEqual(
      ledger.events.map(({ action }) => action),
      ['start'],
    );
    assert.deepEqual(await place.ledger('long'), ledger);
    assert.ok((await histories('long')) > 1, 'all fitted into one history');
  });

  it('remembers what is blocked, skipped, made and asked for', async () => {
    let broken = true;
    await place.startWorkers({
      nothing: writing([]),
      source: writing(['x']),
      shaky: writing(['y'], () => {
        if (broken) throw new Problem({ code: 'DATASET', message: 'bad' });
      }),
      reader: writing([]),
    });
    const filler = layered(24, 8).tasks;
    const plan = planOf(
      planned('source', { provides: ['x'] }),
      planned('shaky', { needs: ['source'], reads: ['x'], provides: ['y'] }),
      planned('reader', { needs: ['shaky'], reads: ['y'] }),
      planned('left-out', { uses: 'nothing', needs: ['shaky'] }),
      ...filler,
    );
    const handle = await place.start(inputOf('memory', plan));
    await place.until('memory', (ledger) => filler.every(({ name }) => states(ledger)[name] === 'done'));
    await update('memory').executeUpdate(skipUpdate, { args: [{ tasks: ['left-out'], stage: null, reason: 'not needed', by }] });
    for (let round = 0; round < 3; round++)
      await update('memory')
        .executeUpdate(retryUpdate, { args: [{ tasks: ['t-0'], stage: null, plan: [], overrides: [], by }] })
        .then(() => place.until('memory', (ledger) => filler.every(({ name }) => states(ledger)[name] === 'done')));
    assert.ok((await histories('memory')) > 1, 'all fitted into one history');
    assert.equal(taskIn(await place.ledger('memory'), 'shaky').failure?.code, 'DATASET');
    broken = false;
    await update('memory').executeUpdate(retryUpdate, { args: [{ tasks: [], stage: null, plan: [], overrides: [], by }] });
    assert.deepEqual(await handle.result(), { run: 'memory', state: 'completed' });
    const ledger = await place.ledgerOnDisk('memory');
    assert.deepEqual([taskIn(ledger, 'left-out').state, taskIn(ledger, 'shaky').attempts], ['skipped', 2]);
    assert.equal(ledger.events.filter(({ action }) => action === 'retry').length, 4);
    assert.match(taskIn(ledger, 't-23').reason, /^unchanged|^first run/);
  });

  it('waits for what runs: a task is never begun twice for it', async () => {
    const hold = gate();
    let steps = 0;
    await place.startWorkers({ long: writing(['z'], () => hold.opened), nothing: writing([], () => void (steps += 1)) });
    const plan = planOf(
      planned('long', { provides: ['z'], queue: 'gpu' }),
      planned('end', { uses: 'nothing', needs: ['long'] }),
      ...layered(24, 8).tasks,
    );
    const handle = await place.start(inputOf('patient', plan));
    await place.until('patient', () => steps >= 8);
    hold.open();
    await handle.result();
    assert.ok((await histories('patient')) > 1, 'all fitted into one history');
    const ledger = await place.ledgerOnDisk('patient');
    assert.deepEqual(new Set(ledger.tasks.map(({ state, attempts }) => `${state} ${attempts}`)), new Set(['done 1']));
  });
});
