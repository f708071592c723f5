import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FoundPhoto } from '../../../ml/images/scan.js';
import { readScores, type Scores } from '../../../ml/images/scores.js';
import { put, SETTINGS } from './photo-set.js';

describe('readScores', () => {
  let root: string;
  beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'emo-aen-scores-'))));
  afterEach(() => rm(root, { recursive: true }));

  const photos = ['good/a.png', 'bad/a.png', 'good/odd, "name".png', 'good/Zoe\u0308;1.png'].map((name): FoundPhoto => ({
    file: `one/${name}`,
    path: '',
    folder: 'one',
    label: 'good',
    stem: '',
  }));
  const LIMITS = { ...SETTINGS.scores, coverage: 0 };
  async function read(csv: string | Buffer, limits = LIMITS): Promise<Scores> {
    await put(root, 'one/scores.csv', csv);
    return readScores(root, ['one', 'two'], photos, limits);
  }
  const means = ({ byFile }: Scores): Record<string, number> => Object.fromEntries([...byFile].map(([file, { mean }]) => [file, mean]));

  it('reads means with and without deviation and count', async () => {
    const { byFile, findings } = await read('file,mean\ngood/a.png,4.5,0.7,20\nbad/a.png, 1.25,,3\n"good/odd, ""name"".png",3e0,0.1\n');
    assert.deepEqual(findings, []);
    assert.deepEqual(Object.fromEntries(byFile), {
      'one/good/a.png': { mean: 4.5, deviation: 0.7, count: 20 },
      'one/bad/a.png': { mean: 1.25, deviation: null, count: 3 },
      'one/good/odd, "name".png': { mean: 3, deviation: 0.1, count: null },
    });
  });

  const forms: readonly (readonly [name: string, csv: string | Buffer])[] = [
    ['no header', 'good/a.png,2\n'],
    ['a header, a byte order mark, CRLF and no end of the last line', '\uFEFFfile,mean opinion score\r\n\r\n"good/a.png","2"'],
    ['lines that end with CR', 'file,score\rgood/a.png,2\r'],
    ['spaces around fields', ' good/a.png , 2 \n'],
    ["Excel's first line and empty rows", 'sep=,\r\nfile,score\r\ngood/a.png,2\r\n,,\r\n,\r\n'],
  ];
  for (const [name, csv] of forms) {
    it(`takes ${name}`, async () => {
      const scores = await read(csv);
      assert.deepEqual([scores.findings, means(scores)], [[], { 'one/good/a.png': 2 }]);
    });
  }

  it('takes the deviation of two people who disagree as far as they can', async () => {
    assert.deepEqual((await read('good/a.png,5.5,6.36,2\n')).findings, []);
  });

  it('knows a photo by its composed or decomposed name, also one with a semicolon', async () => {
    const scores = await read('good/Zo\u00eb;1.png,2\n');
    assert.deepEqual([scores.findings, means(scores)], [[], { 'one/good/Zoe\u0308;1.png': 2 }]);
  });

  const long = `good/${'x'.repeat(5_000)}.png`;
  const wrong: readonly (readonly [name: string, csv: string | Buffer, line: number, message: RegExp, code?: string])[] = [
    ['a word for a score', 'good/a.png,1\nbad/a.png,nice\n', 2, /"nice" is not a score/],
    ['NaN, also on the first line', 'good/a.png,NaN\nbad/a.png,1\n', 1, /"NaN" is not a score/],
    ['infinity', 'good/a.png,1\nbad/a.png,Infinity\n', 2, /"Infinity" is not a score/],
    ['a number that is too large for one', 'good/a.png,1e999\n', 1, /"1e999" is not a score/],
    ['a hexadecimal number', 'good/a.png,0x2\n', 1, /"0x2" is not a score/],
    ['an empty score', 'good/a.png,1\nbad/a.png,\n', 2, /"" is not a score/],
    ['one field', 'good/a.png,1\nbad/a.png\n', 2, /1 field instead/],
    ['five fields', 'good/a.png,1,2,3,4\n', 1, /5 fields/],
    ['a negative deviation', 'good/a.png,1,-2\n', 1, /deviation must be a number from 0/],
    [
      'a decimal comma, which makes a deviation that cannot be',
      'good/a.png,7,5\n',
      1,
      /deviation 5 is more than .* \(4\.50\); is a decimal comma/,
    ],
    ['a deviation that so few people cannot have', 'good/a.png,5,5,100\n', 1, /deviation 5 is more than/],
    ['semicolons that Excel announces', 'sep=;\nfile;score\ngood/a.png;2\n', 2, /by semicolons/],
    ['a count that is none', 'good/a.png,1,2,0.5\n', 1, /count must be a whole number from 1/],
    ['an unknown photo', 'a.png,1\n', 1, /no photo "a\.png"/],
    ['a name of 5,000 characters, of which it shows the beginning', `good/a.png,1\n${long},2\n`, 2, /no photo "good\/x{75}…" in/],
    ['a name of 5,000 characters in quotes', `good/a.png,1\n"${long}",2\n`, 2, /no photo "good\/x{75}…" in/],
    ['a photo twice', 'good/a.png,1\nbad/a.png,3\ngood/a.png,2\n', 3, /"good\/a\.png" has a score already, on line 1/],
    ['an open quote', 'good/a.png,1\n"bad/a.png,2\n', 2, /a quote is not closed/],
    ['an open quote before a million characters', `good/a.png,1\n"${'x""'.repeat(1e6)}`, 2, /a quote is not closed/],
    ['text behind a quote', '"good/a.png" ,1\n', 1, /text stands behind/],
    ['semicolons, once', 'file;score\ngood/a.png;4,5\nbad/a.png;3\n', 1, /separates its fields by semicolons; commas are needed/],
    ['semicolons without a header', 'good/a.png;4,5\nbad/a.png;3\n', 1, /by semicolons/],
    ['tabs', 'file\tscore\ngood/a.png\t4\n', 1, /by tabs/],
    ['UTF-16', Buffer.from('\uFEFFgood/a.png,1\n', 'utf16le'), 1, /UTF-16/],
    [
      'a score below the scale',
      'good/a.png,1\nbad/a.png,0.5\n',
      2,
      /0\.5 of "bad\/a\.png" is below scores\.min \(1\)/,
      'score-out-of-range',
    ],
    ['a score above the scale', 'good/a.png,10.1\n', 1, /is above scores\.max \(10\)/, 'score-out-of-range'],
  ];
  for (const [name, csv, line, message, code = 'bad-scores'] of wrong) {
    it(`finds ${name}, with its line`, async () => {
      const { findings } = await read(csv);
      assert.deepEqual(
        findings.map((found) => [found.code, found.file]),
        [[code, 'one/scores.csv']],
      );
      assert.match(findings[0]?.message ?? '', new RegExp(`^line ${line}: .*`));
      assert.match(findings[0]?.message ?? '', message);
    });
  }

  it('finds a folder that scores too few of its photos, and nothing where there is no scores.csv', async () => {
    const half = { ...LIMITS, coverage: 0.5 };
    assert.deepEqual((await read('good/a.png,1\nbad/a.png,1\n', half)).findings, []);
    const found = (await read('good/a.png,1\n', half)).findings.map(({ code, file, message }) => [code, file, message]);
    assert.deepEqual(found, [['scores-incomplete', 'one/scores.csv', 'scores 1 of 4 photos, fewer than scores.coverage asks for (0.5)']]);
    assert.deepEqual(
      (await read('', half)).findings.map(({ code }) => code),
      ['scores-incomplete'],
    );
  });

  it('finds a scores.csv that is no file, and one that nobody may read', async () => {
    for (const folder of ['one/scores.csv', 'two']) await mkdir(join(root, folder), { recursive: true });
    await symlink('scores.csv', join(root, 'two/scores.csv'));
    const { findings } = await readScores(root, ['one', 'two'], photos, LIMITS);
    assert.deepEqual(
      findings.map(({ code, file, message }) => [code, file, message]),
      [
        ['unreadable', 'one/scores.csv', 'is a folder, device, pipe or socket, not a file'],
        ['unreadable', 'two/scores.csv', 'is a symbolic link that leads nowhere'],
      ],
    );
  });
});
