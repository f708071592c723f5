import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtemp, open, readFile, rename, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hashFile } from '../../../ml/files/atomic.js';
import { Digests } from '../../../ml/files/digests.js';

const CONTENT = Buffer.alloc(4_096, 'abc');
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

interface Change {
  readonly name: string;
  readonly make: (path: string) => Promise<void>;
}

const flipped = Buffer.from(CONTENT);
flipped[2_000] = (flipped[2_000] ?? 0) ^ 1;

/** What can be done to a file behind our back. All but the last leave its time of modification as it was, and most its size too. */
const CHANGES: readonly Change[] = [
  { name: 'that was edited in place', make: (path) => writeFile(path, flipped) },
  {
    name: 'one bit of which was flipped through an open file',
    make: async (path) => {
      const file = await open(path, 'r+');
      await file.write(flipped, 2_000, 1, 2_000);
      await file.close();
    },
  },
  {
    name: 'that another one was renamed to',
    make: async (path) => {
      await writeFile(`${path}.new`, flipped);
      await rename(`${path}.new`, path);
    },
  },
  {
    name: 'that was copied over with all times preserved',
    make: async (path) => {
      const { atimeMs, mtimeMs } = await stat(path);
      await writeFile(`${path}.source`, flipped);
      await utimes(`${path}.source`, atimeMs / 1_000, mtimeMs / 1_000);
      execFileSync('cp', ['-p', `${path}.source`, path]);
    },
  },
  { name: 'that was cut short', make: (path) => truncate(path, 100) },
  {
    name: 'that was cut short and filled up again',
    make: async (path) => {
      await truncate(path, 0);
      await truncate(path, CONTENT.length);
    },
  },
  {
    name: 'that a link to another one has replaced',
    make: async (path) => {
      await writeFile(`${path}.other`, flipped);
      await rm(path);
      await symlink(`${path}.other`, path);
    },
  },
];

describe('digests of files', function () {
  this.timeout(20_000);
  let root: string;
  let untouched: string;
  const pathOf = (change: Change): string => join(root, `${CHANGES.indexOf(change)}.jpg`);
  const digests = (): Digests => new Digests({ root, store: 'photos', tell: (message) => assert.fail(message) });
  const recalled = async (file: string): Promise<string | undefined> => (await digests().recall(file))?.sha256;

  before(async function () {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-digests-'));
    untouched = join(root, 'untouched.jpg');
    const paths = [untouched, ...CHANGES.map(pathOf)];
    for (const path of paths) {
      await writeFile(path, CONTENT);
      await utimes(path, new Date(), new Date(1_000_000_000_000));
    }
    for (let tries = 0; tries < 100; tries++) {
      const learning = digests();
      for (const path of paths) await learning.of(path);
      await learning.save();
      if ((await Promise.all(paths.map(recalled))).every((digest) => digest === sha256(CONTENT))) return;
      await delay(50); // nothing tells when a file has rested for long enough
    }
    console.error('SKIPPED: digests of files: the temporary folder is on a file system whose times of change are not taken on trust');
    this.skip();
  });
  after(() => rm(root, { recursive: true }));

  it('are remembered of a file that has rested, and are what its bytes give', async () => {
    assert.equal(await recalled(untouched), sha256(CONTENT));
    assert.deepEqual(await digests().of(untouched), { sha256: sha256(CONTENT), bytes: CONTENT.length });
    assert.deepEqual(await digests().read(untouched, () => hashFile(untouched)), {
      sha256: sha256(CONTENT),
      bytes: CONTENT.length,
      changed: false,
    });
  });

  for (const change of CHANGES)
    it(`are found anew for a file ${change.name}`, async () => {
      const path = pathOf(change);
      const { atimeMs, mtimeMs } = await stat(path);
      await change.make(path);
      await utimes(path, atimeMs / 1_000, mtimeMs / 1_000);
      assert.equal(await recalled(path), undefined);
      const found = await digests().of(path);
      assert.equal(found.sha256, sha256(await readFile(path)));
      assert.notEqual(found.sha256, sha256(CONTENT));
    });

  it('are right of a file that is written again and again, and not remembered before it has rested', async () => {
    const path = join(root, 'restless.jpg');
    const learning = digests();
    for (let round = 0; round < 100; round++) {
      const content = Buffer.alloc(CONTENT.length, `${round} `);
      await writeFile(path, content);
      assert.equal((await learning.of(path)).sha256, sha256(content), `round ${round}`);
    }
    await learning.save();
    assert.equal(await recalled(path), undefined);
  });
});
