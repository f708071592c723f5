import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendEvent } from '../../activities/events.js';
import { LedgerFiles } from '../../activities/ledger-files.js';
import { ledgerPath } from '../../activities/ledger-path.js';
import type { Ledger } from '../../configs/schema/ledger.js';
import { openLedger } from '../../workflows/ledger.js';
import { inputOf, planned, planOf } from '../workflows/plans.js';

describe('the ledgers on disk', () => {
  let root = '';
  let warnings: string[] = [];
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-ledgers-'));
    warnings = [];
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const files = (): LedgerFiles => new LedgerFiles(root, (message) => void warnings.push(message));
  const at = (startedAt: string): Ledger => openLedger(inputOf('r', planOf(planned('a'))), startedAt);
  const onDisk = async (): Promise<string> => (JSON.parse(await readFile(ledgerPath(root, 'r'), 'utf8')) as Ledger).startedAt;

  for (const run of ['../../pwn-run', '..', '/pwn', 'a/b', 'a\\b', 'a\0', ''])
    it(`are refused for a run called ${JSON.stringify(run)}, as are its events, and nothing is written`, async () => {
      const ledger = { ...at('now'), run };
      await assert.rejects(files().write({ execution: 'x', revision: 1, ledger }), { name: 'Problem', code: 'CONFLICT' });
      const event = { at: '', task: 'a', attempt: 1, event: 'started', message: '' } as const;
      await assert.rejects(appendEvent(root, run, event), { name: 'Problem', code: 'CONFLICT' });
      assert.deepEqual(await readdir(root), []);
    });

  it('end with the newest, however many were offered on the way', async () => {
    const ledgers = files();
    for (let revision = 1; revision <= 50; revision++) ledgers.offer({ execution: 'x', revision, ledger: at(`offered ${revision}`) });
    await ledgers.write({ execution: 'x', revision: 51, ledger: at('insisted on') });
    assert.equal(await onDisk(), 'insisted on');
  });

  it('never go back within an execution, and begin anew with another', async () => {
    const ledgers = files();
    await ledgers.write({ execution: 'x', revision: 7, ledger: at('seven') });
    await ledgers.write({ execution: 'x', revision: 3, ledger: at('three') });
    assert.equal(await onDisk(), 'seven');
    ledgers.offer({ execution: 'x', revision: 8, ledger: at('eight') });
    await ledgers.write({ execution: 'reset', revision: 1, ledger: at('one again') });
    assert.equal(await onDisk(), 'one again');
  });

  it('warn where an offered one cannot be written, and refuse where one is insisted on', async () => {
    await writeFile(join(root, 'runs'), 'in the way');
    const ledgers = files();
    ledgers.offer({ execution: 'x', revision: 1, ledger: at('offered') });
    await assert.rejects(ledgers.write({ execution: 'x', revision: 2, ledger: at('insisted on') }));
    assert.deepEqual(warnings, ['the ledger of run r could not be written']);
    await rm(join(root, 'runs'));
    await ledgers.write({ execution: 'x', revision: 3, ledger: at('three') });
    assert.equal(await onDisk(), 'three');
  });
});
