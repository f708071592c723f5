import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJson, writeDurably } from '../../setup/json-file.mjs';
import { packagesMatch } from '../../setup/npm.mjs';
import { readRecord } from '../../setup/record.mjs';

const DAMAGES = ['', ' ', '{"a":', '\0\0\0\0', 'null', '[]', '"text"', '7'];

describe('a JSON file of set-up', () => {
  /** @type {string} */
  let clone;
  beforeEach(async () => {
    clone = await mkdtemp(join(tmpdir(), 'emo-aen-clone-'));
    await mkdir(join(clone, '.emo-aen'));
    await mkdir(join(clone, 'node_modules'));
    await writeFile(join(clone, 'package-lock.json'), JSON.stringify({ packages: { '': {} } }));
  });
  afterEach(() => rm(clone, { recursive: true, force: true }));

  for (const text of DAMAGES)
    it(`counts as absent where it holds ${JSON.stringify(text)}`, async () => {
      const record = join(clone, '.emo-aen', 'setup.json');
      const tree = join(clone, 'node_modules', '.package-lock.json');
      await writeFile(record, text);
      await writeFile(tree, text);
      assert.equal(await readJson(record), null);
      assert.equal(await readRecord(clone), null);
      assert.equal(await packagesMatch(clone), false);
    });

  it('counts as absent where parts of it are missing, or it is a folder', async () => {
    await writeFile(join(clone, '.emo-aen', 'setup.json'), '{"version":1,"inputs":"x"}');
    await writeFile(join(clone, 'node_modules', '.package-lock.json'), '{"packages":{"a":null}}');
    assert.equal(await readRecord(clone), null);
    assert.equal(await packagesMatch(clone), false);
    await writeFile(join(clone, 'node_modules', '.package-lock.json'), '{}');
    assert.equal(await packagesMatch(clone), false);
    await rm(join(clone, '.emo-aen', 'setup.json'));
    await mkdir(join(clone, '.emo-aen', 'setup.json'));
    assert.equal(await readRecord(clone), null);
  });

  it('is written also where a folder stands in its place, which is kept', async () => {
    const path = join(clone, '.emo-aen', 'setup.json');
    await mkdir(join(path, 'something'), { recursive: true });
    await writeDurably(path, '{"a":1}');
    assert.deepEqual(await readJson(path), { a: 1 });
    assert.match((await readdir(join(clone, '.emo-aen'))).join(), /^setup\.json,setup\.json\.damaged-\d+$/);
  });
});
