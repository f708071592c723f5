import assert from 'node:assert/strict';
import { missingAttributes } from '../../workers/attributes.js';
import { startRun } from '../../workers/start-run.js';
import type { TemporalLink } from '../../workers/temporal.js';
import { ATTRIBUTES, ATTRIBUTE_NAMES } from '../../workflows/attribute-keys.js';
import { workflowIdOf } from '../../workflows/names.js';
import { newPlace, type Place } from './place.js';
import { planned, planOf, taskIn } from './plans.js';
import { gate, writing } from './tasks.js';

const KEYWORD = 2;

describe('what a run tells Temporal to be found by', function () {
  this.timeout(30_000);
  let place: Place;
  beforeEach(async () => {
    place = await newPlace();
  });
  afterEach(() => place.leave());

  const plan = planOf(planned('audit', { stage: 2, provides: ['dataset'] }), planned('train', { stage: 5, needs: ['audit'] }));
  const request = { plan, overrides: [], fromRun: null, until: null, fresh: false, by: 'ann' };
  const link = (): TemporalLink => ({ ...place, connection: place.client.connection }) as unknown as TemporalLink;

  it('is pipeline, stage, status and dataset, where the server has them', async () => {
    assert.deepEqual(await missingAttributes(link()), ATTRIBUTE_NAMES);
    await link().connection.operatorService.addSearchAttributes({
      namespace: place.namespace,
      searchAttributes: Object.fromEntries(ATTRIBUTE_NAMES.map((name) => [name, KEYWORD])),
    });
    while ((await missingAttributes(link())).length > 0) await new Promise((resolve) => setTimeout(resolve, 50)); // nothing tells when they are there
    const [hold, reached] = [gate(), gate()];
    await place.startWorkers({
      audit: writing(['dataset']),
      train: writing([], () => {
        reached.open();
        return hold.opened;
      }),
    });
    const run = await startRun(place.root, link(), { ...request, name: 'found' });
    const handle = place.client.workflow.getHandle(workflowIdOf(place.project.id, run));
    await reached.opened;
    const dataset = taskIn(await place.ledger(run), 'audit').output?.artifacts[0]?.sha256;
    const told = async (): Promise<unknown[]> => {
      const { typedSearchAttributes } = await handle.describe();
      return Object.values(ATTRIBUTES).map((key) => typedSearchAttributes.get(key));
    };
    assert.deepEqual(await told(), ['test', '5', 'running', dataset]);
    hold.open();
    await handle.result();
    assert.deepEqual(await told(), ['test', '5', 'completed', dataset]);
  });

  it('is nothing where the server has them not', async () => {
    await place.startWorkers({ audit: writing(['dataset']), train: writing([]) });
    const run = await startRun(place.root, link(), { ...request, name: 'plain' });
    const handle = place.client.workflow.getHandle(workflowIdOf(place.project.id, run));
    assert.deepEqual(await handle.result(), { run, state: 'completed' });
    const { events } = await handle.fetchHistory();
    const told = events?.flatMap(({ upsertWorkflowSearchAttributesEventAttributes: told }) =>
      Object.keys(told?.searchAttributes?.indexedFields ?? {}),
    );
    assert.deepEqual(
      told?.filter((name) => ATTRIBUTE_NAMES.includes(name)), // Temporal tells its own: which patches a run has
      [],
    );
    assert.match((await handle.describe()).raw.executionConfig?.userMetadata?.details?.data?.toString() ?? '', /2 tasks, plan/);
  });
});
