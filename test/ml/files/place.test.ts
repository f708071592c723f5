import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import fc from 'fast-check';
import { Problem } from '../../../configs/problem.js';
import { nameBelow, pathBelow, removeRecorded, settingBelow } from '../../../ml/files/place.js';

const TOLD = { where: 'record.json', cure: 'mend it' };
const refused = (error: unknown): boolean =>
  error instanceof Problem && error.code === 'CONFLICT' && error.where === TOLD.where && error.cure === TOLD.cure;

/** What an attacker writes where a name is expected, alone and in pieces. */
const pieces = [
  '..',
  '.',
  '/',
  '\\',
  '\0',
  '\n',
  '\u001b',
  'a',
  'link',
  'self',
  'nowhere',
  'home',
  'C:',
  '~',
  '%2e%2e',
  '\ud800',
  'é',
  'x'.repeat(256),
];
const hostile = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 6 }).map((parts) => parts.join('')),
  fc.array(fc.constantFrom(...pieces), { maxLength: 6 }).map((parts) => parts.join('/')),
  fc.string({ unit: 'binary', maxLength: 300 }),
);

describe('the door from a text to a place', () => {
  let base: string;
  let folder: string;
  beforeEach(async () => {
    base = await realpath(await mkdtemp(join(tmpdir(), 'emo-aen-place-')));
    folder = join(base, 'folder');
    await mkdir(join(folder, 'home'), { recursive: true });
    await mkdir(join(base, 'outside'));
    await symlink('../outside', join(folder, 'link'));
    await symlink('self', join(folder, 'self'));
    await symlink('/nowhere/at/all', join(folder, 'nowhere'));
    await symlink('home', join(folder, 'inner'));
  });
  afterEach(() => rm(base, { recursive: true }));

  /** Where the system would put a file of that path. */
  const systemPlace = async (path: string): Promise<string> => {
    for (let there = path, rest = ''; ; rest = join(there.slice(dirname(there).length), rest), there = dirname(there)) {
      const real = await realpath(there).catch(() => null);
      if (real !== null) return join(real, rest);
    }
  };

  it('never lets any text out of the folder, whichever way it came in', async () => {
    for (const door of [nameBelow, pathBelow, settingBelow]) {
      let passed = 0;
      await fc.assert(
        fc.asyncProperty(hostile, async (text) => {
          const path = await door(folder, text, TOLD).catch((error: unknown) => {
            assert.ok(refused(error), String(error));
            return null;
          });
          if (path === null) return;
          passed += 1;
          assert.ok((await systemPlace(path)).startsWith(folder + sep), path);
          if (door === nameBelow) assert.equal(dirname(path), folder);
        }),
        { numRuns: 400 },
      );
      assert.ok(passed > 0, 'some names are sound');
    }
  });

  it('takes names as people give them, and the longest that there is', async () => {
    for (const name of ['a', 'a b', '日本', '...', '..a', 'a.', '~', '-rf', '光'.repeat(85)]) {
      assert.equal(await nameBelow(folder, name, TOLD), join(folder, name));
      assert.equal(await pathBelow(folder, `home/${name}`, TOLD), join(folder, 'home', name));
    }
    await assert.rejects(nameBelow(folder, `${'光'.repeat(85)}a`, TOLD), refused);
    assert.equal(await settingBelow(folder, './home//x/../models/', TOLD), join(folder, 'home/models'));
  });

  it('follows links that stay, and a folder that is a link itself; refuses those that leave or lead nowhere', async () => {
    assert.equal(await pathBelow(folder, 'inner/new', TOLD), join(folder, 'inner/new'));
    for (const path of ['link', 'link/new', 'nowhere', 'nowhere/x', 'self', 'self/x'])
      await assert.rejects(pathBelow(folder, path, TOLD), refused);
    await symlink('folder', join(base, 'way'));
    assert.equal(await pathBelow(join(base, 'way'), 'home/new', TOLD), join(base, 'way/home/new'));
    await assert.rejects(pathBelow(join(base, 'way'), 'link/new', TOLD), refused);
    assert.equal(await pathBelow(join(base, 'not-there'), 'a/b', TOLD), join(base, 'not-there/a/b'));
  });
});

describe('removing what a record names', () => {
  let folder: string;
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'emo-aen-remove-')), 'set');
    await mkdir(join(folder, 'good/deep'), { recursive: true });
    await writeFile(join(folder, 'good/a'), 'a');
    await writeFile(join(folder, 'good/deep/b'), 'b');
  });
  afterEach(() => rm(dirname(folder), { recursive: true }));
  const isConflict = (error: unknown): boolean => error instanceof Problem && error.code === 'CONFLICT' && error.cure === 'mend it';
  const A = 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb';

  it('takes the files, and the folders that are empty then', async () => {
    await removeRecorded(
      folder,
      new Map([
        ['good/a', A],
        ['good/deep/b', null],
        ['good/gone', A],
      ]),
      'mend it',
    );
    assert.deepEqual(await readdir(dirname(folder)), []);
    await removeRecorded(folder, new Map([['good/a', A]]), 'mend it');
  });

  it('takes nothing where one file is not named, or is not what was named', async () => {
    for (const recorded of [
      new Map([['good/a', A]]),
      new Map([
        ['good/a', null],
        ['good/deep/b', A],
      ]),
    ])
      await assert.rejects(removeRecorded(folder, recorded, 'mend it'), isConflict);
    assert.equal(await readFile(join(folder, 'good/a'), 'utf8'), 'a');
    await symlink(folder, join(dirname(folder), 'way'));
    await assert.rejects(
      removeRecorded(
        join(dirname(folder), 'way'),
        new Map([
          ['good/a', A],
          ['good/deep/b', null],
        ]),
        'mend it',
      ),
      isConflict,
    );
    assert.equal(await readFile(join(folder, 'good/deep/b'), 'utf8'), 'b');
  });
});
