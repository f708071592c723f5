import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ledger } from '../../configs/schema/ledger.js';
import { lookForLedger, readLedger, readLedgers } from '../../workers/candidates.js';
import { invoke } from '../cli/invoke.js';

const ledger = (run: string): Ledger => ({
  version: 1,
  run,
  pipeline: 'p',
  file: 'configs/p.yaml',
  planHash: 'x',
  until: null,
  state: 'completed',
  number: 1,
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:00:01.000Z',
  tasks: [],
  events: [],
});

describe('ledgers of earlier runs', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-runs-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function place(run: string, text: string = JSON.stringify(ledger(run))): Promise<void> {
    await mkdir(join(root, 'runs', run), { recursive: true });
    await writeFile(join(root, 'runs', run, 'ledger.json'), text);
  }

  async function read(): Promise<{ runs: string[]; told: string[] }> {
    const told: string[] = [];
    const runs = (await readLedgers(root, (text) => told.push(text))).map(({ run }) => run);
    return { runs: runs.sort(), told };
  }

  it('stand in the order in which runs were started, whatever the clock said', async () => {
    const started = { first: '2026-01-03T00:00:00.000Z', second: '2026-01-01T00:00:00.000Z', third: '2026-01-02T00:00:00.000Z' };
    for (const [index, [run, startedAt]] of Object.entries(started).entries())
      await place(run, JSON.stringify({ ...ledger(run), number: index + 1, startedAt }));
    assert.deepEqual(
      (await readLedgers(root)).map(({ run }) => run),
      ['third', 'second', 'first'],
    );
  });

  it('leave damaged ones out, and say which', async () => {
    await place('sound');
    await place('empty', '');
    await place('cut', '{"version":1,"ru');
    await place('another', '{"version":1}');
    await place('copied', JSON.stringify(ledger('sound')));
    await mkdir(join(root, 'runs', 'folder', 'ledger.json'), { recursive: true });
    await mkdir(join(root, 'runs', 'without'));
    await writeFile(join(root, 'runs', 'file'), 'no run');
    const { runs, told } = await read();
    assert.deepEqual(runs, ['sound']);
    assert.equal(told.length, 5);
    for (const run of ['empty', 'cut', 'another', 'copied', 'folder']) {
      assert.ok(told.some((text) => text.includes(`run ${run} is left out`)));
      await assert.rejects(readLedger(root, run), { code: 'CONFLICT' });
    }
    assert.deepEqual(await lookForLedger(root, 'without'), { is: 'absent' });
  });

  it('count the same where the run lies on another disk, behind a link', async () => {
    await place('moved');
    await rename(join(root, 'runs', 'moved'), join(root, 'elsewhere'));
    await symlink(join(root, 'elsewhere'), join(root, 'runs', 'moved'));
    assert.deepEqual((await read()).runs, ['moved']);
  });

  it('are read one after the other, however many there are and however few files may be open', async () => {
    for (let run = 0; run < 300; run++) await place(`r-${run}`);
    const program = fileURLToPath(new URL('../../../bin/emo-aen.cjs', import.meta.url));
    const stdout = execFileSync('bash', [
      '-c',
      `ulimit -n 128; exec "$0" "$@"`,
      process.execPath,
      program,
      'runs',
      '--json',
      '--root',
      root,
    ]);
    assert.equal((JSON.parse(String(stdout)) as { runs: unknown[] }).runs.length, 300);
  });

  it('do not end commands by being damaged', async () => {
    await place('sound');
    await place('zz', '');
    for (const [name, ...args] of [['runs'], ['status', 'sound'], ['logs', 'sound'], ['graph', '--run', 'sound']] as const) {
      const { code, stderr } = await invoke(name, ...args, '--root', root);
      assert.equal(code, 0, `${name}: ${stderr}`);
    }
    const named = await invoke('logs', 'zz', '--root', root);
    assert.equal(named.code, 1);
    assert.match(named.stderr, /^error: .*the ledger of run zz is empty\n {2}cure: mv /m);
  });
});
