import assert from 'node:assert/strict';
import { chmod, chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failEverywhere } from '../ml/files/faulty-files.js';
import { smallDisk } from '../ml/files/small-disk.js';
import { ledgerFault } from '../../workers/ledger-fault.js';

/** An account without rights of its own. */
const NOBODY = 65_534;

/** Runs `body` with the rights of another account. Only root may. */
async function asAccount<Result>(uid: number, body: () => Promise<Result>): Promise<Result> {
  process.seteuid?.(uid);
  try {
    return await body();
  } finally {
    process.seteuid?.(0);
  }
}

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

  it('is told where this account may not write', async () => {
    await put(root);
    await chmod(join(root, 'runs', 'first'), 0o500);
    const isRoot = process.getuid?.() === 0; // who may write anywhere
    if (isRoot) await chmod(root, 0o755);
    const fault = await (isRoot ? asAccount(NOBODY, () => ledgerFault(root, 'first')) : ledgerFault(root, 'first'));
    await chmod(join(root, 'runs', 'first'), 0o700);
    assert.match(String(fault?.describe()), /may not read or change this/);
  });

  for (const [code, words] of [
    ['EDQUOT', /^DISK_FULL this account's share of the disk is used up/],
    ['ENOSPC', /^DISK_FULL the disk is full/],
    ['EROFS', /^ENVIRONMENT this file system can only be read/],
    ['EACCES', /^ENVIRONMENT (this account|the account \S+) may not/],
    ['EPERM', /^ENVIRONMENT (this account|the account \S+) may not/],
    ['EIO', /^ENVIRONMENT the disk failed/],
  ] as const)
    it(`is told where the system says ${code}, at whichever call, whoever asks, and leaves nothing behind`, async () => {
      await put(root);
      const faults: string[] = [];
      const calls = await failEverywhere(
        root,
        code,
        { lasting: false },
        async (folder) => {
          const fault = await ledgerFault(folder, 'first');
          faults.push(fault === null ? 'none' : `${fault.code} ${fault.message}`);
        },
        async (folder, failed) => {
          assert.ok(!failed, 'a fault is an answer');
          if (faults.at(-1) === 'none') assert.deepEqual(await readdir(join(folder, 'runs', 'first')), ['ledger.json']);
        },
      );
      assert.ok(calls > 1);
      assert.equal(faults.pop(), 'none', 'where no call failed');
      for (const fault of faults) assert.match(fault, words);
    });

  it('is told of the file of another account in a folder where each account replaces its own alone', async function () {
    if (process.getuid?.() !== 0) return this.skip(); // only root gives files away
    await put(root);
    await chmod(root, 0o755);
    for (const [path, owner, mode] of [
      [join(root, 'runs'), 0, 0o755],
      [join(root, 'runs', 'first'), 0, 0o1777],
      [join(root, 'runs', 'first', 'ledger.json'), 1, 0o600],
    ] as const) {
      await chown(path, owner, owner);
      await chmod(path, mode);
    }
    const fault = await asAccount(NOBODY, () => ledgerFault(root, 'first'));
    assert.match(String(fault?.describe()), /may not read or change this; it belongs to /);
    await chown(join(root, 'runs', 'first', 'ledger.json'), NOBODY, NOBODY);
    assert.equal(await asAccount(NOBODY, () => ledgerFault(root, 'first')), null);
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
