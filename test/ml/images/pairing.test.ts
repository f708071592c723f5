import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import type { DatasetSettings } from '../../../configs/schema/dataset.js';
import { auditPhotos } from '../../../ml/images/audit.js';
import { picture, png, put, SETTINGS, soundProject } from './photo-set.js';

const ONE = 'training_files/one';
const CROSS: DatasetSettings = { ...SETTINGS, pairs: { ...SETTINGS.pairs, pairing: 'cross' } };
const scores = (...rows: readonly (readonly [string, number])[]): string => rows.map((row) => `${row.join(',')}\n`).join('');

describe('a pair of photos', () => {
  let root: string;
  beforeEach(async () => void (root = await soundProject()));
  afterEach(() => rm(root, { recursive: true }));
  const found = async (settings = SETTINGS): Promise<string[]> =>
    (await auditPhotos({ root, settings })).report.findings.map(
      ({ code, severity, file, message }) => `${severity} ${code} ${file} ${message}`,
    );

  const sizes: readonly (readonly [what: string, width: number, height: number, finding: string | null])[] = [
    ['the same size', 240, 230, null],
    ['a pixel less', 239, 230, null],
    [
      'another shape, whatever its size',
      300,
      230,
      'different-aspect one/good/a.png is 300 x 230 and its partner "one/bad/a.png" 240 x 230: another ratio of width to height',
    ],
    [
      'another size of the same shape',
      480,
      460,
      'different-size one/good/a.png is 480 x 460 and its partner "one/bad/a.png" 240 x 230: another size',
    ],
  ];
  for (const [what, width, height, finding] of sizes) {
    it(`is ${finding === null ? 'sound' : 'told'} where one has ${what}`, async () => {
      await put(root, `${ONE}/good/a.png`, await png(50, width, height));
      assert.deepEqual(await found(), finding === null ? [] : [`warning ${finding}`]);
    });
  }

  it('may have shapes as far apart as pairs.aspectTolerance says, and any with pairing cross', async () => {
    await put(root, `${ONE}/good/a.png`, await png(50, 300, 230));
    assert.deepEqual(await found({ ...SETTINGS, pairs: { ...SETTINGS.pairs, aspectTolerance: 0.26 } }), [
      'warning different-size one/good/a.png is 300 x 230 and its partner "one/bad/a.png" 240 x 230: another size',
    ]);
    assert.deepEqual(await found(CROSS), []);
  });

  it('is compared as it is seen, not as it is stored', async () => {
    await put(root, `${ONE}/good/a.png`, await (await picture(50, 230, 240)).withMetadata({ orientation: 6 }).png().toBuffer());
    assert.deepEqual(
      (await found()).filter((words) => words.includes('different')),
      [],
    );
  });

  it('looks swapped where the bad photo scores higher by more than the margin', async () => {
    await put(root, `${ONE}/scores.csv`, scores(['good/a.png', 4], ['bad/a.png', 5.25], ['good/b.png', 4], ['bad/b.png', 4.5]));
    assert.deepEqual(await found(), [
      'warning looks-swapped one/good/a.png has a mean score of 4, its bad partner "one/bad/a.png" one of 5.25',
    ]);
    assert.deepEqual(await found({ ...SETTINGS, scores: { ...SETTINGS.scores, swapMargin: 1.25 } }), []);
  });

  it('needs the scores of both, or with pairing cross of one good and one bad photo', async () => {
    await put(root, `${ONE}/scores.csv`, scores(['bad/a.png', 10], ['good/b.png', 1]));
    assert.deepEqual(await found(), []);
    assert.deepEqual(await found({ ...CROSS, scores: { ...CROSS.scores, coverage: 0 } }), [
      'warning looks-swapped one its good photos have a mean score of 1.00, its bad ones of 10.00',
    ]);
  });

  it('looks swapped by the means of its folder with pairing cross', async () => {
    await put(root, `${ONE}/scores.csv`, scores(['good/a.png', 9], ['bad/a.png', 4], ['good/b.png', 1], ['bad/b.png', 4]));
    assert.deepEqual(await found(CROSS), []);
    await put(root, `${ONE}/scores.csv`, scores(['good/a.png', 5], ['bad/a.png', 4], ['good/b.png', 1], ['bad/b.png', 3.02]));
    assert.deepEqual(await found(CROSS), ['warning looks-swapped one its good photos have a mean score of 3.00, its bad ones of 3.51']);
  });

  it('names the photo that is meant where names differ in capitals, signs or a slip of the finger, and not the next number', async () => {
    for (const [good, bad] of [
      ['IMG.png', 'img.png'],
      ['IMG_20.png', 'img 20.png'],
      ['sunset.png', 'sunste.png'],
      ['p1.png', 'p2.png'],
    ] as const) {
      await put(root, `${ONE}/good/${good}`, await png(60));
      await put(root, `${ONE}/bad/${bad}`, await png(61));
      const [words = ''] = (await found()).filter((line) => line.includes(`unpaired one/good/${good}`));
      const stem = good.slice(0, -4);
      const meant = good === 'p1.png' ? '' : `; is "one/bad/${bad}" meant?`;
      assert.equal(words, `error unpaired one/good/${good} has no partner "${stem}" in "one/bad"${meant}`);
      for (const file of [`good/${good}`, `bad/${bad}`]) await rm(`${root}/${ONE}/${file}`);
    }
  });

  it('is told from another that differs only in how its accents are written', async function () {
    for (const [label, name] of [
      ['good', 'e\u0301'],
      ['good', '\u00e9'],
      ['bad', '\u00e9'],
    ] as const)
      await put(root, `${ONE}/${label}/${name}.png`, await png(label === 'bad' ? 71 : name.length + 71));
    if ((await readdir(`${root}/${ONE}/good`)).length < 4) {
      console.error('SKIPPED: a pair: this file system takes composed and decomposed names for one');
      this.skip();
    }
    assert.deepEqual(await found(), [
      'error stem-twice one/good/\u00e9.png is composed (NFC), and another photo of the same name is decomposed (NFD)',
    ]);
  });

  it('is an error where both show the very same, however they were written', async () => {
    await put(root, `${ONE}/bad/a.png`, await (await picture(50)).png({ compressionLevel: 9 }).toBuffer());
    await put(root, `${ONE}/good/a.png`, await (await picture(50)).png({ compressionLevel: 0 }).toBuffer());
    assert.deepEqual(await found(), [
      'error good-equals-bad one/bad/a.png has the same pixels as "one/good/a.png"',
      'error good-equals-bad one/good/a.png has the same pixels as "one/bad/a.png"',
    ]);
  });
});
