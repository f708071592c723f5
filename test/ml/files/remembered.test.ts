import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { Remembered } from '../../../ml/files/remembered.js';

describe('what is remembered in a file', () => {
  let root: string;
  let told: string[];
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-remembered-'));
    told = [];
  });
  afterEach(() => rm(root, { recursive: true }));
  const path = (): string => join(root, '.emo-aen/cache/numbers.json');
  const open = (most = 10): Promise<Remembered<number>> =>
    Remembered.open({ root, file: 'numbers.json', value: z.number(), most, tell: (message) => told.push(message) });
  const keep = async (...entries: (readonly [string, number])[]): Promise<void> => {
    const opened = await open();
    for (const [key, value] of entries) opened.set(key, value);
    await opened.save();
  };

  it('is there for the next process, and nothing is written where nothing is new', async () => {
    await (await open()).save();
    await assert.rejects(readFile(path()), { code: 'ENOENT' });
    await keep(['a', 1]);
    const next = await open();
    assert.deepEqual([next.get('a'), next.get('b'), told], [1, undefined, []]);
  });

  it('holds what two processes found at the same time', async () => {
    const [one, other] = [await open(), await open()];
    one.set('a', 1);
    other.set('b', 2);
    await one.save();
    await other.save();
    const next = await open();
    assert.deepEqual([next.get('a'), next.get('b')], [1, 2]);
  });

  it('forgets what was set longest ago once there is more than fits', async () => {
    await keep(['a', 1], ['b', 2]);
    const small = await open(2);
    small.set('a', 1);
    small.set('c', 3);
    await small.save();
    const next = await open();
    assert.deepEqual([next.get('a'), next.get('b'), next.get('c')], [1, undefined, 3]);
  });

  const DAMAGES: Readonly<Record<string, (text: string) => string>> = {
    'cut off': (text) => text.slice(0, -4),
    'one digit of which was flipped': (text) => text.replace('41', '51'),
    'that is empty': () => '',
    'that a merge left with its marks': (text) => `<<<<<<< ours\n${text}=======\n${text}>>>>>>> theirs\n`,
    'of another version': () => '{"version":7}',
  };
  for (const [name, damage] of Object.entries(DAMAGES))
    it(`counts a file ${name} as none, says so once, and makes it anew`, async () => {
      await keep(['a', 41]);
      await writeFile(path(), damage(await readFile(path(), 'utf8')));
      const opened = await open();
      assert.equal(opened.get('a'), undefined);
      opened.set('b', 2);
      await opened.save();
      assert.deepEqual(told, ['.emo-aen/cache/numbers.json is damaged or of another version: what it remembered is found out anew']);
      assert.equal((await open()).get('b'), 2);
      assert.equal(told.length, 1);
    });

  it('says what keeps it from being written, and goes on', async () => {
    await mkdir(path(), { recursive: true }); // a folder in its place: neither read nor written, by root either
    const opened = await open();
    opened.set('a', 1);
    await opened.save();
    assert.equal(opened.get('a'), 1);
    assert.equal(told.length, 2);
    assert.match(String(told[0]), /^\.emo-aen\/cache\/numbers\.json is a folder: what it remembered is found out anew/);
    assert.match(String(told[1]), /^\.emo-aen\/cache\/numbers\.json cannot be written \(a folder stands where a file is needed\)/);
  });
});
