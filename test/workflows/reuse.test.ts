import assert from 'node:assert/strict';
import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadCandidates } from '../../workers/candidates.js';
import { workflowIdOf } from '../../workflows/names.js';
import { retryUpdate } from '../../workflows/messages.js';
import { newPlace, type Place } from './place.js';
import { inputOf, planned, planOf, states, taskIn } from './plans.js';
import { gate, writing } from './tasks.js';

const by = 'a test';

describe('what was made before', function () {
  this.timeout(60_000);
  let place: Place;
  beforeEach(async () => {
    place = await newPlace();
  });
  afterEach(() => place.leave());

  const update = (run: string) => place.client.workflow.getHandle(workflowIdOf(place.project.id, run));

  it('is made again where a person retries it, and what depends on it only where its input changed', async () => {
    const ran: string[] = [];
    const hold = gate();
    let content = 1;
    const counting = (name: string): ReturnType<typeof writing> => writing([name], () => void ran.push(name));
    await place.startWorkers({
      source: writing(['source'], (context) => {
        ran.push('source');
        context.settings['content'] = content;
      }),
      middle: counting('middle'),
      end: writing([], () => hold.opened),
    });
    const plan = planOf(
      planned('source', { provides: ['source'] }),
      planned('middle', { needs: ['source'], reads: ['source'], provides: ['middle'] }),
      planned('side', { uses: 'end' }),
    );
    const handle = await place.start(inputOf('again', plan));
    await place.until('again', (ledger) => states(ledger)['middle'] === 'done');
    const again = { args: [{ tasks: ['source'], stage: null, plan: [], overrides: [], by }] as const };
    assert.deepEqual(await update('again').executeUpdate(retryUpdate, { args: [...again.args] }), { tasks: ['source', 'middle'] });
    const same = await place.until('again', (ledger) => states(ledger)['middle'] === 'done');
    assert.deepEqual(ran, ['source', 'middle', 'source']);
    assert.equal(taskIn(same, 'middle').reason, 'unchanged: same code, settings and inputs as before');
    content = 2;
    await update('again').executeUpdate(retryUpdate, { args: [...again.args] });
    const changed = await place.until('again', (ledger) => states(ledger)['middle'] === 'done');
    assert.deepEqual(ran, ['source', 'middle', 'source', 'source', 'middle']);
    assert.equal(taskIn(changed, 'middle').reason, 'input source changed');
    hold.open();
    await handle.result();
  });

  it('is reused if it verifies, made again if it was altered or is gone, and never reused if it looked outside', async () => {
    const ran: string[] = [];
    const tasks = {
      look: writing(['l'], () => void ran.push('look')),
      one: writing(['a'], () => void ran.push('one')),
      two: writing(['b'], () => void ran.push('two')),
      three: writing(['c'], () => void ran.push('three')),
    };
    await place.startWorkers(tasks);
    const plan = planOf(
      planned('look', { outside: true, provides: ['l'] }),
      planned('one', { needs: ['look'], provides: ['a'] }),
      planned('two', { needs: ['one'], reads: ['a'], provides: ['b'] }),
      planned('three', { needs: ['two'], reads: ['b'], provides: ['c'] }),
    );
    await (await place.start(inputOf('base', plan))).result();
    const candidates = await loadCandidates(place.root, 'test');
    ran.length = 0;
    await (await place.start(inputOf('again', plan, { candidates }))).result();
    assert.deepEqual(ran, ['look']);
    const again = await place.ledgerOnDisk('again');
    assert.deepEqual(states(again), { look: 'done', one: 'reused', two: 'reused', three: 'reused' });
    assert.equal(taskIn(again, 'one').fromRun, 'base');
    assert.equal(taskIn(again, 'one').reason, 'same code, settings and inputs as in run base');

    await appendFile(join(place.root, 'runs/base/one/a.json'), ' ');
    await rm(join(place.root, 'runs/base/three/c.json'));
    ran.length = 0;
    await (await place.start(inputOf('third', plan, { candidates }))).result();
    assert.deepEqual(ran, ['look', 'one', 'three']);
    const third = await place.ledgerOnDisk('third');
    assert.equal(taskIn(third, 'one').reason, 'output altered: runs/base/one/a.json');
    assert.equal(taskIn(third, 'two').state, 'reused');
    assert.equal(taskIn(third, 'three').reason, 'output missing: runs/base/three/c.json');
  });

  it('stops the task that reads it if it changed meanwhile', async () => {
    await place.startWorkers({
      one: writing(['a']),
      two: writing([], () => undefined),
      spoil: writing([], (context) => appendFile(join(context.root, 'runs', context.run, 'one', 'a.json'), ' ')),
    });
    const plan = planOf(
      planned('one', { provides: ['a'] }),
      planned('spoil', { needs: ['one'] }),
      planned('two', { needs: ['spoil'], reads: ['a'] }),
    );
    await place.start(inputOf('altered', plan));
    const ledger = await place.until('altered', ({ state }) => state === 'blocked');
    assert.equal(taskIn(ledger, 'two').failure?.code, 'ARTIFACT_ALTERED');
    assert.equal(taskIn(ledger, 'two').failure?.where, 'runs/altered/one/a.json');
  });
});
