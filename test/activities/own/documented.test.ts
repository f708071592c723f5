/** docs/own-tasks.md, done as it says: against a real server, with workers that know nothing of these tasks when they start. */
import assert from 'node:assert/strict';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { projectCatalog } from '../../../activities/own/catalog.js';
import { artifactDigests, checkArtifacts } from '../../../activities/verify.js';
import { compilePlan } from '../../../configs/load/compile.js';
import { CLONE } from '../../../configs/load/installation.js';
import type { Plan } from '../../../configs/schema/plan.js';
import { loadCandidates } from '../../../workers/candidates.js';
import { foresee } from '../../../workflows/foresee.js';
import { newPlace, type Place } from '../../workflows/place.js';
import { inputOf, states, taskIn } from '../../workflows/plans.js';

describe('docs/own-tasks.md', function () {
  this.timeout(120_000);
  let place: Place;
  before(async () => {
    place = await newPlace();
    await mkdir(join(place.root, 'node_modules'));
    await symlink(CLONE, join(place.root, 'node_modules', 'emo-aen'));
    for (const photo of ['good/1.jpg', 'good/2.jpg', 'good/notes.txt', 'bad/1.jpg']) await put(`training_files/beach/${photo}`, photo);
    await place.startWorkers({});
    const text = await readFile(join(CLONE, 'docs/own-tasks.md'), 'utf8');
    const blocks = [...text.matchAll(/```(?:js|yaml)\n(?:\/\/|#) (\S+)\n([\s\S]*?)```/g)];
    assert.equal(blocks.length, 3);
    for (const [, path = '', content = ''] of blocks) await put(path, content);
  });
  after(() => place.leave());

  const put = async (path: string, content: string): Promise<void> => {
    await mkdir(dirname(join(place.root, path)), { recursive: true });
    await writeFile(join(place.root, path), content);
  };
  const plan = async (): Promise<Plan> => compilePlan(place.root, 'configs/counting.yaml', [], await projectCatalog(place.root));
  const run = async (name: string): Promise<Awaited<ReturnType<Place['ledgerOnDisk']>>> => {
    await (await place.start(inputOf(name, await plan(), { candidates: await loadCandidates(place.root, 'counting') }))).result();
    return place.ledgerOnDisk(name);
  };

  it('makes a run of the two activities, with a folder for each leg', async () => {
    const ledger = await run('first');
    assert.deepEqual(states(ledger), { 'count-good': 'done', 'count-bad': 'done', total: 'done' });
    const paths = ledger.tasks.flatMap(({ output }) => output?.artifacts.map(({ path }) => path) ?? []);
    assert.deepEqual(paths, [
      'runs/first/count-good/file-count.json',
      'runs/first/count-bad/file-count.json',
      'runs/first/total/total.json',
    ]);
    assert.deepEqual(taskIn(ledger, 'total').output?.summary, { total: 3 });
  });

  it('reuses what is the same, counts again since it looks outside, and runs again with the code of an edited folder', async () => {
    assert.deepEqual(states(await run('second')), { 'count-good': 'done', 'count-bad': 'done', total: 'reused' });
    const file = 'activities/add-up/activity.mjs';
    await put(file, (await readFile(join(place.root, file), 'utf8')).replace('let total = 0', 'let total = 100'));
    const foreseen = await foresee(
      { plan: await plan(), candidates: await loadCandidates(place.root, 'counting'), until: null, fresh: false },
      (artifacts) => checkArtifacts(place.root, artifacts, artifactDigests(place.root, assert.fail)),
    );
    assert.deepEqual(foreseen.at(-1)?.reasons, ['the code in activities/add-up changed']);
    const ledger = await run('third');
    assert.deepEqual(taskIn(ledger, 'total').output?.summary, { total: 103 });
  });

  it('tells of a folder that was edited after the plan was made', async () => {
    const planned = await plan();
    await put('activities/add-up/more.txt', 'new');
    await place.start(inputOf('fourth', planned));
    const ledger = await place.until('fourth', ({ state }) => state === 'blocked');
    const { failure } = taskIn(ledger, 'total');
    assert.deepEqual([failure?.code, failure?.where], ['CONFLICT', 'activities/add-up']);
  });
});
