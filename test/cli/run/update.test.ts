import assert from 'node:assert/strict';
import { WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { sendUpdate } from '../../../cli/run/update.js';
import type { TemporalLink } from '../../../workers/temporal.js';
import { newPlace, type Place } from '../../workflows/place.js';
import { inputOf, planned, planOf } from '../../workflows/plans.js';
import { gate, writing } from '../../workflows/tasks.js';

describe('a request to a run', function () {
  this.timeout(30_000);
  let place: Place;
  const hold = gate();
  before(async () => {
    place = await newPlace();
    await place.startWorkers({ held: writing([], () => hold.opened) });
  });
  after(async () => {
    hold.open();
    await place.leave();
  });

  const link = (): TemporalLink =>
    ({ client: place.client, project: place.project, connection: place.client.connection }) as unknown as TemporalLink;
  const pauses = async (run: string): Promise<number> => (await place.ledger(run)).events.filter(({ action }) => action === 'pause').length;

  it('is carried out once where it is sent twice under one id, and refused under another', async () => {
    await place.start(inputOf('twice', planOf(planned('held'))));
    const pause = (id?: string): Promise<void> => sendUpdate(place.root, link(), 'twice', 'pause', { by: 'ann' }, id);
    await pause('one');
    await pause('one');
    assert.equal(await pauses('twice'), 1);
    await assert.rejects(pause(), { code: 'CONFLICT', message: 'run twice is paused already' });
  });

  it('whose answer is lost is sent again, and carried out once', async () => {
    await place.start(inputOf('lost', planOf(planned('held'))));
    let tries = 0;
    const { connection } = link();
    const losing = {
      withDeadline: async <Result>(deadline: number | Date, body: () => Promise<Result>): Promise<Result> => {
        const answer = await connection.withDeadline(deadline, body);
        if (++tries === 1) throw new WorkflowUpdateRPCTimeoutOrCancelledError('the answer was lost');
        return answer;
      },
    };
    await sendUpdate(place.root, { ...link(), connection: losing } as unknown as TemporalLink, 'lost', 'pause', { by: 'ann' });
    assert.equal(tries, 2);
    assert.equal(await pauses('lost'), 1);
  });
});
