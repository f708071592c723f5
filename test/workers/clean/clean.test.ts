import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Ledger } from '../../../configs/schema/ledger.js';
import { litterIn, removeLitter } from '../../../workers/clean/clean.js';
import { findLitter, keptRuns, type Known } from '../../../workers/clean/litter.js';
import { openLedger, withTask } from '../../../workflows/ledger.js';
import { inputOf, planned, planOf } from '../../workflows/plans.js';

const PACKS = '.emo-aen/cache/photos';
const [OLD, NEW] = ['a', 'b'].map((letter) => `photos-${letter.repeat(32)}.bin`) as [string, string];

describe('what emo-aen clean removes', () => {
  let root = '';
  beforeEach(async () => (root = await mkdtemp(join(tmpdir(), 'emo-aen-clean-'))));
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function put(path: string): Promise<string> {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), 'some bytes');
    return path;
  }

  /** A run of one task, which made the pack and, where named, took over another run's result. */
  function run(name: string, pack: string, state: Ledger['state'] = 'completed', fromRun: string | null = null): Ledger {
    const opened = openLedger(inputOf(name, planOf(planned('train'))), `2026-01-0${name.slice(-1)}`);
    const artifact = { name: 'cache', path: `${PACKS}/${pack}`, sha256: '0'.repeat(64), bytes: 10 };
    const output = { artifacts: [artifact], summary: {}, warnings: [] };
    return { ...withTask(opened, 'train', { state: 'done', output, fromRun }), state, endedAt: state === 'completed' ? 'then' : null };
  }

  async function found(ledgers: readonly Ledger[], more: Partial<Known> = {}): Promise<string[]> {
    const litter = await findLitter({ root, ledgers, complete: true, keep: 1, builds: null, ...more });
    return litter.map(({ path }) => path).sort();
  }

  it('keeps open runs, the newest of each pipeline, and what they took over, and that again', () => {
    const [r4, r3, r2, r1] = [run('r4', NEW, 'completed', 'r2'), run('r3', OLD), run('r2', OLD, 'completed', 'r1'), run('r1', OLD)];
    assert.deepEqual([...keptRuns([r4, r3, r2, r1], 1)].sort(), ['r1', 'r2', 'r4']);
    assert.deepEqual([...keptRuns([run('r5', NEW, 'blocked'), r3], 0)], ['r5']);
  });

  it('is checkpoints and events of other runs, and packs that no kept run names; the best checkpoint stays', async () => {
    const old = [await put('checkpoints/r1/train/epoch-0001-step-000002.safetensors'), await put('logs/r1/events.jsonl')];
    const packs = [await put(`${PACKS}/${OLD}`), await put(`${PACKS}/${OLD}.sha256`)];
    for (const path of [
      `${PACKS}/${NEW}`,
      `${PACKS}/${NEW}.sha256`,
      'checkpoints/r1/train/best.safetensors',
      'logs/r1/train/metrics.jsonl',
    ])
      await put(path);
    for (const path of ['checkpoints/r2/train/last.safetensors', 'logs/r2/events.jsonl', 'models/versions/1/emo_aen.onnx', 'notes.txt'])
      await put(path);
    assert.deepEqual(await found([run('r2', NEW), run('r1', OLD)]), [...packs, ...old].sort());
  });

  it('leaves packs where a run is open, or where a ledger cannot be read', async () => {
    await put(`${PACKS}/${OLD}`);
    assert.deepEqual(await found([run('r2', NEW, 'running')]), []);
    assert.deepEqual(await found([run('r2', NEW)], { complete: false }), []);
    assert.deepEqual(await found([run('r2', NEW)]), [`${PACKS}/${OLD}`]);
    await put('runs/bad/ledger.json');
    assert.deepEqual(await litterIn(root, 0, null, () => undefined), []);
  });

  it('is workflow code that the server knows nobody to need, and none where no server tells', async () => {
    const [needed, other] = [await put(`.emo-aen/workflows/${'1'.repeat(16)}.js`), await put(`.emo-aen/workflows/${'2'.repeat(16)}.js`)];
    await put('.emo-aen/workflows/mine.js');
    assert.deepEqual(await found([], { builds: ['1'.repeat(16)] }), [other]);
    assert.deepEqual(await found([]), []);
    assert.ok(needed);
  });

  it('is old logs, damaged records, and what killed processes were writing', async () => {
    const log = await put('.emo-aen/logs/cpu.log.1');
    await put('.emo-aen/logs/cpu.log');
    const damaged = await put('.emo-aen/ports.json.damaged-20260101T000000000Z');
    const leftover = await put('.emo-aen/ports.json.tmp-4194304-0123abcd');
    await utimes(join(root, leftover), 1, 1);
    await put('.emo-aen/ports.json.tmp-4194304-89abcdef'); // young: it may be of another container
    await put(`.emo-aen/ports.json.tmp-${process.pid}-0123abcd`);
    assert.deepEqual(await found([]), [log, damaged, leftover].sort());
  });

  it('is nothing behind a link, and nothing outside of the project', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'emo-aen-outside-'));
    try {
      await writeFile(join(outside, 'events.jsonl'), 'mine');
      await mkdir(join(root, 'logs'));
      await symlink(outside, join(root, 'logs', 'r1'));
      assert.deepEqual(await found([run('r2', NEW), run('r1', OLD)]), []);
      await assert.rejects(removeLitter(root, [{ kind: 'events', path: 'logs/r1/events.jsonl', bytes: 4 }]), { code: 'CONFLICT' });
      assert.equal(await readFile(join(outside, 'events.jsonl'), 'utf8'), 'mine');
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  it('is removed file by file, and found no more', async () => {
    await put('logs/r1/events.jsonl');
    const ledgers = [run('r2', NEW), run('r1', OLD)];
    await removeLitter(root, await findLitter({ root, ledgers, complete: true, keep: 1, builds: null }));
    assert.deepEqual(await found(ledgers), []);
  });
});
