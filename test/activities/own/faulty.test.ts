/** Own activities that go wrong, in whole runs: the ledger stays one that every command reads, and each task is tried as often as it should be. */
import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectCatalog } from '../../../activities/own/catalog.js';
import { readEvents } from '../../../activities/events.js';
import { compilePlan } from '../../../configs/load/compile.js';
import { CLONE } from '../../../configs/load/installation.js';
import { Ledger } from '../../../configs/schema/ledger.js';
import { newPlace, type Place } from '../../workflows/place.js';
import { inputOf, taskIn } from '../../workflows/plans.js';

/** What a task does, the code of its failure and how often it is tried where it may be tried twice. */
const FAULTS: Readonly<Record<string, readonly [body: string, code: string, tries: number]>> = {
  nothing: ['return { artifacts: [] };', 'RESULT', 1],
  list: [`return { artifacts: [], summary: { classes: ['a', 'b'] } };`, 'RESULT', 1],
  warnings: ['return { artifacts: [], summary: {}, warnings: [1, null] };', 'RESULT', 1],
  promise: ['return { artifacts: [], summary: { n: Promise.resolve(1) } };', 'RESULT', 1],
  huge: [`return { artifacts: [], summary: { text: 'x'.repeat(4e6) } };`, 'RESULT', 1],
  circle: [`const a = new Error('a'); a.cause = a; throw a;`, 'UNEXPECTED', 2],
  long: [`throw new Error('x'.repeat(5e6));`, 'UNEXPECTED', 2],
  nope: [`throw new Problem({ code: 'NOPE', message: 'no such code' });`, 'UNEXPECTED', 2],
};

describe('an own activity that goes wrong', function () {
  this.timeout(120_000);
  let place: Place;
  before(async () => {
    place = await newPlace();
    await mkdir(join(place.root, 'node_modules'));
    await symlink(CLONE, join(place.root, 'node_modules', 'emo-aen'));
    await mkdir(join(place.root, 'configs'));
    for (const [name, [body]] of Object.entries(FAULTS)) {
      await mkdir(join(place.root, 'activities', name), { recursive: true });
      const code = `import { defineActivity, Problem } from 'emo-aen/activity';\nexport default defineActivity({ stage: 3, run: async () => { ${body} } });\n`;
      await writeFile(join(place.root, 'activities', name, 'activity.mjs'), code);
    }
    const tasks = Object.keys(FAULTS).map((name) => `  ${name}: { uses: ${name}, retry: { attempts: 2, backoff: 10ms } }\n`);
    await writeFile(join(place.root, 'configs', 'faulty.yaml'), `version: 1\nname: faulty\ntasks:\n${tasks.join('')}`);
    await place.startWorkers({});
  });
  after(() => place.leave());

  it('is blocked with its code after as many tries as it may have, in a ledger that is one', async () => {
    const plan = await compilePlan(place.root, 'configs/faulty.yaml', [], await projectCatalog(place.root));
    await place.start(inputOf('faulty', plan));
    const ledger = Ledger.parse(await place.until('faulty', ({ tasks }) => tasks.every(({ state }) => state === 'blocked')));
    const events = await readEvents(place.root, 'faulty');
    for (const [name, [, code, tries]] of Object.entries(FAULTS)) {
      const { failure, attempts } = taskIn(ledger, name);
      const failed = events.filter(({ task, event }) => task === name && event === 'failed');
      assert.deepEqual([failure?.code, attempts, failed.length], [code, tries, tries], name);
      assert.ok(failure !== null && Buffer.byteLength(JSON.stringify([failure, failed])) < 100_000, name);
      if (code === 'RESULT') assert.deepEqual([failure.where, failure.cure !== null], [`activities/${name}/activity.mjs`, true]);
    }
    assert.match(taskIn(ledger, 'list').failure?.message ?? '', /summary\.classes: a list is not allowed/);
    assert.match(taskIn(ledger, 'nope').failure?.cure ?? '', /"NOPE" is no code of a Problem/);
    assert.equal(taskIn(ledger, 'circle').failure?.message, 'a');
  });
});
