import assert from 'node:assert/strict';
import { newPlace, type Place } from './place.js';
import { inputOf, layered } from './plans.js';
import { writing } from './tasks.js';

describe('a thousand tasks', function () {
  this.timeout(180_000);
  let place: Place;
  before(async () => {
    place = await newPlace();
  });
  after(() => place.leave());

  it('are one run, whose plan and ledger travel compressed, and whose ledger is whole at the end', async () => {
    await place.startWorkers({ nothing: writing([]) }, ['cpu']);
    const handle = await place.start(inputOf('thousand', layered(1_000, 50)));
    await handle.result();
    const ledger = await place.ledgerOnDisk('thousand');
    assert.equal(ledger.state, 'completed');
    assert.equal(ledger.tasks.filter(({ state, attempts }) => state === 'done' && attempts === 1).length, 1_000);
    assert.deepEqual(await place.ledger('thousand'), ledger);
  });
});
