import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ledger, LedgerEvent } from '../../configs/schema/ledger.js';
import { hashFile } from '../../ml/files/atomic.js';
import { openLedger, withEvent, withTask } from '../../workflows/ledger.js';
import { inputOf, planOf, planned } from '../workflows/plans.js';
import { orchestrateChaos } from './orchestrate.js';
import { drawStories, KILLS_PER_STORY, type DrawnTask, type Story } from './orchestrate/story.js';
import { wrongs, type Typed } from './orchestrate/verify.js';
import { isOk } from './report.js';

const QUICK: Omit<DrawnTask, 'name' | 'needs'> = { queue: 'cpu', ms: 0, fails: 'never', times: 0, optional: false, approval: false };
const NOTHING: Typed = { accepted: {}, unknown: {} };

describe('the stories of a seed', () => {
  it('are the same each time, and others for another seed', () => {
    assert.deepEqual(drawStories(5, 3), drawStories(5, 3));
    assert.notDeepEqual(drawStories(5, 3), drawStories(6, 3));
  });

  it('kill as often as they say', () => {
    for (const { acts } of drawStories(1, 20)) {
      const kills = acts.filter((act) => act.kind === 'kill' || (act.kind === 'type' && act.killMs !== null));
      assert.equal(kills.length, KILLS_PER_STORY);
    }
  });
});

describe('what must be true of a run after chaos', () => {
  const tasks: DrawnTask[] = [
    { ...QUICK, name: 'a', needs: [] },
    { ...QUICK, name: 'b', needs: ['a'] },
  ];
  const good = [
    { task: 'a', attempt: 1, event: 'begin', pid: 1 },
    { task: 'a', attempt: 1, event: 'end', pid: 1 },
    { task: 'b', attempt: 1, event: 'begin', pid: 1 },
    { task: 'b', attempt: 2, event: 'begin', pid: 2 },
    { task: 'b', attempt: 2, event: 'end', pid: 2 },
  ];
  let root = '';
  beforeEach(async () => (root = await mkdtemp(join(tmpdir(), 'emo-aen-verify-'))));
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function judge(
    journal: readonly object[],
    change: (ledger: Ledger) => Ledger = (ledger) => ledger,
    typed = NOTHING,
  ): Promise<string[]> {
    await mkdir(join(root, 'journal'), { recursive: true });
    await mkdir(join(root, 'runs', 'r'), { recursive: true });
    await writeFile(join(root, 'journal', 'r.jsonl'), journal.map((line) => `${JSON.stringify(line)}\n`).join(''));
    let ledger = openLedger(inputOf('r', planOf(planned('a'), planned('b', { needs: ['a'] }))), 'then');
    const from: Record<string, string> = {};
    for (const name of ['a', 'b']) {
      const path = `runs/r/${name}.json`;
      await writeFile(join(root, path), JSON.stringify({ task: name, from: { ...from }, made: '' }));
      const artifact = { name: 'step', path, ...(await hashFile(join(root, path))) };
      from[name] = artifact.sha256;
      ledger = withTask(ledger, name, { state: 'done', attempts: 1, output: { artifacts: [artifact], summary: {}, warnings: [] } });
    }
    ledger = change({ ...ledger, state: 'completed', endedAt: 'now' });
    return wrongs(root, tasks, ledger, null, typed);
  }

  it('is found true of a run that is as it must be', async () => assert.deepEqual(await judge(good), []));

  it('is found broken where a task began before its need had ended', async () => {
    assert.deepEqual(await judge([good[0], good[2], good[1], ...good.slice(3)] as object[]), ['b began before a had ended']);
  });

  it('is found broken where two attempts ran at once', async () => {
    const late = [...good.slice(0, 4), { ...good[2], event: 'end' }, good[4]] as object[];
    assert.deepEqual(await judge(late), ['two attempts of b ran at once']);
  });

  it('is found broken where a task is lost, or skipped by nobody', async () => {
    assert.deepEqual(await judge(good, (ledger) => ({ ...ledger, tasks: ledger.tasks.slice(0, 1) })), ['the ledger has other tasks']);
    const skipped = await judge(good, (ledger) => withTask(ledger, 'b', { state: 'skipped', output: null }));
    assert.deepEqual(skipped, ['b is skipped, and nobody skipped it']);
  });

  it('is found broken where a file is another, or was made from another', async () => {
    const other = await judge(good, (ledger) => {
      const [artifact] = ledger.tasks[0]?.output?.artifacts ?? [];
      assert.ok(artifact !== undefined);
      return withTask(ledger, 'a', { output: { artifacts: [{ ...artifact, sha256: '0'.repeat(64) }], summary: {}, warnings: [] } });
    });
    assert.deepEqual(other, ['runs/r/a.json is not what the ledger says', 'b was made from another a than the last']);
  });

  it('is found broken where a command that was accepted is not in the ledger, or is in it twice', async () => {
    assert.deepEqual(await judge(good, undefined, { accepted: { pause: 1 }, unknown: {} }), [
      '0 times pause in the ledger, but 1 to 1 were accepted',
    ]);
    const event: LedgerEvent = { at: 'then', by: 'ann', action: 'pause', tasks: [], overrides: [], reason: null };
    const twice = (ledger: Ledger): Ledger => withEvent(withEvent(ledger, event), event);
    assert.deepEqual(await judge(good, twice, { accepted: { pause: 1 }, unknown: {} }), [
      '2 times pause in the ledger, but 1 to 1 were accepted',
    ]);
  });
});

/** One story, so that the suite is known to work without taking its minutes. */
describe('the orchestrator under faults', function () {
  this.timeout(180_000);
  let scratch = '';
  beforeEach(async () => (scratch = await mkdtemp(join(tmpdir(), 'emo-aen-chaos-test-'))));
  afterEach(() => rm(scratch, { recursive: true, force: true }));

  it('does all that a run asks for though the whole machine goes off and on', async () => {
    const story: Story = {
      name: 'story',
      tasks: [
        { ...QUICK, name: 'a', needs: [], ms: 500 },
        { ...QUICK, name: 'b', needs: ['a'], fails: 'stubborn', times: 1, queue: 'gpu' },
        { ...QUICK, name: 'c', needs: ['a', 'b'], approval: true },
      ],
      acts: [{ kind: 'kill', processes: ['server', 'cpu', 'gpu'], afterMs: 300, downMs: 0 }],
    };
    const { faults } = await orchestrateChaos({ seed: 0, only: null, scratch, note: () => undefined, stories: [story], hardships: [] });
    assert.ok(isOk(faults), JSON.stringify(faults, null, 2));
  });
});
