import assert from 'node:assert/strict';
import { WORKFLOW_TYPE } from '../../workflows/input.js';
import { taskQueueOf, workflowIdOf } from '../../workflows/names.js';
import { newPlace, type Place } from './place.js';
import { inputOf, planOf, planned, states } from './plans.js';
import { gate, writing } from './tasks.js';

describe('what another program sends to the workflow', function () {
  this.timeout(60_000);
  let place: Place;
  const hold = gate();
  before(async () => {
    place = await newPlace();
    await place.startWorkers({ one: writing([], () => hold.opened) });
  });
  after(() => place.leave());

  const plan = planOf(planned('one'));
  const task = plan.tasks[0];
  const INPUTS: Readonly<Record<string, readonly [input: unknown, told: RegExp]>> = {
    nothing: [undefined, /not sealed/],
    'a text': ['run', /not sealed/],
    'a task without needs': [inputOf('a', { ...plan, tasks: [{ ...task, needs: null } as never] }), /plan\.tasks\.0\.needs: /],
    'a run that is a path': [inputOf('../../victim', plan), /run: letters, digits/],
    'a task that is a path': [inputOf('a', planOf(planned('../x'))), /plan\.tasks\.0\.name: /],
    'an older input': [{ run: 'a', plan, candidates: [] }, /fresh: .*until: .*overrides: /],
    'a ledger without tasks': [
      { ...inputOf('a', plan), carried: { ledger: {}, paused: false, former: [], forced: [], reasons: {} } },
      /carried\.ledger\./,
    ],
  };

  for (const [index, [what, [input, told]]] of Object.entries(INPUTS).entries()) {
    it(`ends the run as failed where it is ${what}`, async () => {
      const handle = await place.client.workflow.start(WORKFLOW_TYPE, {
        workflowId: workflowIdOf(place.project.id, `malformed-${index}`),
        taskQueue: taskQueueOf(place.project.id, 'cpu'),
        args: input === undefined ? [] : [input],
      });
      await assert.rejects(handle.result(), (error: Error) => error.cause instanceof Error && told.test(error.cause.message));
      assert.equal((await handle.describe()).status.name, 'FAILED');
    });
  }

  it('is refused where it is a malformed request, and the run goes on', async () => {
    const handle = await place.start(inputOf('requests', plan));
    await place.until('requests', (ledger) => states(ledger)['one'] === 'running');
    const requests: Readonly<Record<string, readonly unknown[]>> = {
      retry: [
        {},
        { tasks: ['one'], stage: null, plan: null, overrides: [], by: 'x' },
        { tasks: ['one'], stage: null, plan: [{}], overrides: null, by: 'x' },
      ],
      skip: [
        { tasks: 'one', stage: null, reason: 'r', by: 'x' },
        { tasks: ['one'], stage: null, reason: 5, by: 'x' },
      ],
      approve: [{ task: { name: 'one' }, by: 'x' }],
      until: [{ by: 'x' }],
      pause: [{ by: ['x'] }],
      cancel: [{ by: null }],
    };
    for (const [update, all] of Object.entries(requests)) {
      for (const request of all) {
        await assert.rejects(
          handle.executeUpdate(update, { args: [request] }),
          (error: Error) =>
            error.cause instanceof Error && error.cause.message.startsWith(`this is not a request to ${update} of this version: `),
          `${update} ${JSON.stringify(request)}`,
        );
      }
    }
    hold.open();
    assert.deepEqual(await handle.result(), { run: 'requests', state: 'completed' });
    assert.deepEqual(
      (await place.ledgerOnDisk('requests')).events.map(({ action }) => action),
      ['start'],
    );
  });
});
