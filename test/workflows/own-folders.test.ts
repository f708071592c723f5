import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { define } from '../../activities/definition.js';
import { checkArtifacts, artifactDigests } from '../../activities/verify.js';
import { writeFileAtomically } from '../../ml/files/atomic.js';
import { loadCandidates } from '../../workers/candidates.js';
import { foresee } from '../../workflows/foresee.js';
import { z } from 'zod';
import { newPlace, type Place } from './place.js';
import { inputOf, planOf, planned, states, taskIn } from './plans.js';
import { writing } from './tasks.js';

describe('two tasks of one activity', function () {
  this.timeout(60_000);
  let place: Place;
  beforeEach(async () => {
    place = await newPlace();
  });
  afterEach(() => place.leave());

  const checked = (artifacts: Parameters<typeof checkArtifacts>[1]) =>
    checkArtifacts(place.root, artifacts, artifactDigests(place.root, assert.fail));

  it('keep their files apart: the ledger and the disk agree, and the next run reuses all', async () => {
    const read: string[] = [];
    await place.startWorkers({
      make: writing(['x']),
      join: writing([], async ({ settings, root }) => {
        for (const path of settings['from'] as string[]) read.push(await readFile(join(root, path), 'utf8'));
      }),
    });
    const make = (text: string) => ({ uses: 'make', provides: ['x'], settings: { text } });
    const refer = (task: string, index: number) => ({ path: ['from', String(index)], task, output: 'x' });
    const plan = planOf(
      planned('a', make('AAA')),
      planned('b', make('BBB')),
      planned('both', { uses: 'join', needs: ['a', 'b'], settings: { from: ['', ''] }, references: [refer('a', 0), refer('b', 1)] }),
    );
    assert.deepEqual(await (await place.start(inputOf('two', plan))).result(), { run: 'two', state: 'completed' });
    assert.deepEqual(
      read.map((text) => (JSON.parse(text) as { settings: unknown }).settings),
      [{ text: 'AAA' }, { text: 'BBB' }],
    );
    const ledger = await place.ledgerOnDisk('two');
    const artifacts = ledger.tasks.flatMap(({ output }) => output?.artifacts ?? []);
    assert.deepEqual(
      artifacts.map(({ path }) => path),
      ['runs/two/a/x.json', 'runs/two/b/x.json'],
    );
    assert.deepEqual(await checked(artifacts), { missing: [], altered: [] });
    const candidates = await loadCandidates(place.root, 'test');
    const next = await foresee({ plan, candidates, until: null, fresh: false }, checked);
    assert.deepEqual(new Set(next.map(({ action }) => action)), new Set(['reuse']));
  });

  it('that publish under one name are told of it: the second is blocked, with the file and who made it', async () => {
    const publish = define({ settings: z.object({ text: z.string() }), provides: ['x'] }, () =>
      Promise.resolve(async ({ settings, file }) => {
        const path = await file('models', 'x.txt');
        await writeFileAtomically(path, settings.text);
        return { artifacts: [{ name: 'x', path }], summary: {} };
      }),
    );
    await place.startWorkers({ publish });
    const task = (text: string) => ({ uses: 'publish', provides: ['x'], settings: { text } });
    const plan = planOf(
      planned('a', task('A')),
      planned('b', { ...task('B'), needs: ['a'] }),
      planned('c', { ...task('A'), needs: ['b'] }),
    );
    await place.start(inputOf('over', plan));
    const ledger = await place.until('over', ({ state }) => state === 'blocked');
    assert.deepEqual(states(ledger), { a: 'done', b: 'blocked', c: 'waiting' });
    const { failure, attempts } = taskIn(ledger, 'b');
    assert.deepEqual(
      [failure?.code, failure?.message, failure?.where, attempts],
      ['CONFLICT', 'b wrote over a file that a made', 'models/x.txt', 1],
    );
  });
});
