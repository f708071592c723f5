import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { listRuns } from '../../workers/list-runs.js';
import { connectTo, embeddedServer } from '../../workers/temporal.js';
import { newPlace, type Place } from './place.js';
import { inputOf, planned, planOf, states } from './plans.js';
import { writing } from './tasks.js';

/** So many that a worker of the other project would surely take some. */
const TASKS = Array.from({ length: 8 }, (_, number) => `t${number}`);

describe('two projects on one server, in one namespace,', function () {
  this.timeout(60_000);
  let one: Place;
  let other: Place;
  const did: string[] = [];
  beforeEach(async () => {
    one = await newPlace();
    other = await newPlace(Promise.resolve({ address: one.address, pid: 0, namespace: () => one.namespace }));
    did.length = 0;
  });
  afterEach(() => Promise.all([one.leave(), other.leave()]));

  const tasksOf = (who: string) =>
    Object.fromEntries(
      TASKS.map((name) => [
        name,
        writing([], async ({ task }) => {
          did.push(`${who} ${task}`);
          await Promise.resolve();
        }),
      ]),
    );
  const plan = planOf(...TASKS.map((name, number) => planned(name, number % 2 === 0 ? {} : { queue: 'gpu' })));

  it("never do each other's tasks, and may have runs of the same name", async () => {
    await one.startWorkers(tasksOf('one'));
    await other.startWorkers(tasksOf('other'));
    const handles = [await one.start(inputOf('same', plan)), await other.start(inputOf('same', plan))];
    await Promise.all(handles.map((handle) => handle.result()));
    assert.deepEqual([...did].sort(), [...TASKS.map((task) => `one ${task}`), ...TASKS.map((task) => `other ${task}`)].sort());
    for (const place of [one, other]) {
      assert.ok(Object.values(states(await place.ledgerOnDisk('same'))).every((state) => state === 'done'));
      assert.deepEqual(await readdir(join(place.root, 'runs')), ['same']);
    }
  });

  it('leave the work of the other alone, and its runs out of their lists', async () => {
    await other.startWorkers(tasksOf('other'));
    await one.start(inputOf('waiting', plan));
    await (await other.start(inputOf('done', plan))).result();
    assert.ok(did.every((what) => what.startsWith('other ')) && did.length === TASKS.length);
    const target = { ...embeddedServer({ frontend: Number(one.address.split(':')[1]), ui: 0 }), namespace: one.namespace };
    const listed = async ({ root, project }: Place): Promise<string[]> => {
      const link = await connectTo(target, project);
      const { runs } = await listRuns(root, () => Promise.resolve(link));
      await link.close();
      return runs.map(({ run }) => run);
    };
    // The server lists a run a moment after it has begun.
    while ((await listed(one)).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual([await listed(one), await listed(other)], [['waiting'], ['done']]);
  });
});
