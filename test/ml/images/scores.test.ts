import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FoundPhoto } from '../../../ml/images/scan.js';
import { parseCsv, readScores, type Scores } from '../../../ml/images/scores.js';
import { put } from './photo-set.js';

describe('parseCsv', () => {
  it('takes quotes, doubled quotes, commas and line breaks in fields, and counts lines', () => {
    assert.deepEqual(parseCsv('\uFEFFa,b\r\n"x ""y"", z",1\n\n"two\nlines",2,\n'), [
      { line: 1, fields: ['a', 'b'] },
      { line: 2, fields: ['x "y", z', '1'] },
      { line: 4, fields: ['two\nlines', '2', ''] },
    ]);
  });

  it('needs no line break at the end', () => assert.deepEqual(parseCsv('a,1'), [{ line: 1, fields: ['a', '1'] }]));
});

describe('readScores', () => {
  let root: string;
  beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'emo-aen-scores-'))));
  afterEach(() => rm(root, { recursive: true }));

  const photos = ['good/a.png', 'bad/a.png', 'good/odd, "name".png'].map((name): FoundPhoto => ({
    file: `one/${name}`,
    path: '',
    folder: 'one',
    label: 'good',
    stem: '',
  }));
  async function read(csv: string): Promise<Scores> {
    await put(root, 'one/scores.csv', csv);
    return readScores(root, ['one', 'two'], photos);
  }

  it('reads scores with and without header, deviation and count', async () => {
    const { byFile, findings } = await read('file,mean\ngood/a.png,4.5,0.7,20\nbad/a.png, -1.25\n"good/odd, ""name"".png",3,0.1\n');
    assert.deepEqual(findings, []);
    assert.deepEqual(Object.fromEntries(byFile), { 'one/good/a.png': 4.5, 'one/bad/a.png': -1.25, 'one/good/odd, "name".png': 3 });
    assert.equal((await read('good/a.png,1\n')).byFile.size, 1);
  });

  const wrong: readonly (readonly [name: string, csv: string, line: number, message: RegExp])[] = [
    ['a word for a score', 'good/a.png,1\nbad/a.png,nice\n', 2, /"nice" is not a score/],
    ['an empty score', 'good/a.png,1\nbad/a.png,\n', 2, /is not a score/],
    ['one field', 'good/a.png,1\nbad/a.png\n', 2, /1 fields/],
    ['five fields', 'good/a.png,1,2,3,4\n', 1, /5 fields/],
    ['a negative deviation', 'good/a.png,1,-2\n', 1, /deviation/],
    ['an unknown photo', 'a.png,1\n', 1, /no photo "a\.png"/],
    ['a photo twice', 'good/a.png,1\ngood/a.png,2\n', 2, /has a score already/],
    ['an open quote', 'good/a.png,1\n"bad/a.png,2\n', 2, /fields/],
  ];
  for (const [name, csv, line, message] of wrong) {
    it(`finds ${name}, with its line`, async () => {
      const { findings } = await read(csv);
      assert.deepEqual(
        findings.map(({ code, file }) => [code, file]),
        [['bad-scores', 'one/scores.csv']],
      );
      assert.match(findings[0]?.message ?? '', new RegExp(`^line ${line}: .*`));
      assert.match(findings[0]?.message ?? '', message);
    });
  }
});
