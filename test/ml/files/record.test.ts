import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readRecord, takeRecord } from '../../../ml/files/record.js';

const Pair = z.object({ a: z.int(), b: z.string() });
const SOUND = JSON.stringify({ a: 1, b: 'x' });

/** Every way in which a record was seen, or can be thought, to be damaged. */
const DAMAGES: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  empty: (path) => writeFile(path, ''),
  'of blanks': (path) => writeFile(path, ' \n'),
  cut: (path) => writeFile(path, SOUND.slice(0, 7)),
  'of zeros, as a power cut leaves it': (path) => writeFile(path, Buffer.alloc(64)),
  'no text': (path) => writeFile(path, Buffer.from([0xff, 0xfe, 0x00, 0x80])),
  null: (path) => writeFile(path, 'null'),
  'a list': (path) => writeFile(path, '[]'),
  'of another shape': (path) => writeFile(path, '{"a":"1"}'),
  'a folder': (path) => mkdir(path),
  'a link to itself': (path) => symlink(path, path),
  'a named pipe': async (path) => execFileSync('mkfifo', [path]),
  'a link to a device without an end': (path) => symlink('/dev/zero', path),
  'too large': async (path) => {
    await writeFile(path, '');
    await truncate(path, 200 << 20);
  },
};

describe('a record', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'emo-aen-record-'));
    path = join(folder, 'pair.json');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is absent, or sound', async () => {
    assert.deepEqual(await readRecord(path, Pair), { is: 'absent' });
    assert.deepEqual(await readRecord(join(path, 'below'), Pair), { is: 'absent' });
    await writeFile(path, SOUND);
    assert.deepEqual(await readRecord(path, Pair), { is: 'sound', value: { a: 1, b: 'x' } });
    assert.deepEqual(await readRecord(join(path, 'below'), Pair), { is: 'absent' });
  });

  for (const [how, damage] of Object.entries(DAMAGES)) {
    it(`that is ${how} is damaged; its owner sets it aside and says so`, async () => {
      await damage(path);
      assert.equal((await readRecord(path, Pair)).is, 'damaged');
      const told: string[] = [];
      assert.equal(await takeRecord(path, Pair, (text) => told.push(text)), null);
      assert.match(told.join(), /pair\.json .*kept as pair\.json\.damaged-/);
      assert.deepEqual(await readRecord(path, Pair), { is: 'absent' });
      assert.match((await readdir(folder)).join(), /^pair\.json\.damaged-\d{8}T\d+Z$/);
    });
  }
});
