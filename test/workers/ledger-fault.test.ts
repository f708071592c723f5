import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { smallDisk } from '../ml/files/small-disk.js';
import { ledgerFault } from '../../workers/ledger-fault.js';

describe('a ledger that cannot be written', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-ledger-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const put = async (place: string): Promise<void> => {
    await mkdir(join(place, 'runs', 'first'), { recursive: true });
    await writeFile(join(place, 'runs', 'first', 'ledger.json'), '{}');
  };

  it('is none where folder and disk take it, be it there already or not', async () => {
    assert.equal(await ledgerFault(root, 'first'), null);
    await put(root);
    assert.equal(await ledgerFault(root, 'first'), null);
  });

  it('is told with its cure where a folder is in its place, or a file in that of its folder', async () => {
    await mkdir(join(root, 'runs', 'first', 'ledger.json'), { recursive: true });
    const fault = await ledgerFault(root, 'first');
    assert.match(String(fault?.describe()), /ledger\.json: a folder stands where a file is needed\n {2}cure: move it away: ls -ld /);
    await writeFile(join(root, 'runs', 'second'), '');
    assert.match(String((await ledgerFault(root, 'second'))?.message), /a file stands where a folder is needed/);
  });

  it('is told where this account may not write', async function () {
    if (process.getuid?.() === 0) return this.skip(); // root may write anywhere
    await put(root);
    await chmod(join(root, 'runs', 'first'), 0o500);
    const fault = await ledgerFault(root, 'first');
    await chmod(join(root, 'runs', 'first'), 0o700);
    assert.match(String(fault?.describe()), /may not read or change this[^]*chmod u\+rwX/);
  });

  it('is told where the disk is full, until there is space again', async function () {
    const disk = await smallDisk(1 << 20);
    if (typeof disk === 'string') return this.skip();
    try {
      await put(disk.path);
      await disk.fill(0);
      const fault = await ledgerFault(disk.path, 'second');
      assert.deepEqual([fault?.code, fault?.message], ['DISK_FULL', 'the disk is full']);
      disk.empty();
      assert.equal(await ledgerFault(disk.path, 'second'), null);
    } finally {
      await disk.close();
    }
  });
});
