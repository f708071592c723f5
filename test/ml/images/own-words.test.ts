import assert from 'node:assert/strict';
import { lookAt } from '../../../ml/images/look.js';
import { besideOthers, inOwnWords, wordsOf } from '../../../ml/images/own-words.js';
import { withHole, tiff } from './odd-photos.js';
import { picture, SETTINGS } from './photo-set.js';

describe('the words for a photo', function () {
  this.timeout(30_000);
  it('are its own, whatever else is decoded at once', async () => {
    const image = await picture(2, 300, 240);
    const avif = await image.clone().avif().toBuffer();
    const lzw = await image.clone().tiff({ compression: 'lzw' }).toBuffer();
    const photos: readonly Buffer[] = [
      avif,
      withHole(lzw, 2000),
      withHole(avif, 300),
      await tiff({ 277: [7] }),
      (await image.clone().webp().toBuffer()).subarray(0, -30),
      Buffer.from('no photo'),
    ];
    const look = async (bytes: Buffer): Promise<unknown> => {
      const { content } = await lookAt(bytes, { mode: 'full', limits: SETTINGS.photos, begin: () => Promise.resolve() });
      return content.faults;
    };
    const alone: unknown[] = [];
    for (const bytes of photos) alone.push(await look(bytes));
    assert.deepEqual(
      alone.map((faults) => (faults as unknown[]).length > 0),
      [false, true, true, true, true, true],
    );
    for (let turn = 0; turn < 6; turn++) {
      const order = photos.map((_, place) => (place * 5 + turn) % photos.length);
      const together = await Promise.all(order.map((place) => look(photos[place] ?? avif)));
      assert.deepEqual(
        together,
        order.map((place) => alone[place]),
      );
    }
  });

  it('come from the second try, which begins when all others are done and during which none begins', async () => {
    const log: string[] = [];
    let end = (): void => undefined;
    const long = besideOthers(() => new Promise<void>((resolve) => (end = resolve))).then(() => log.push('another ends'));
    let tries = 0;
    const failing = inOwnWords(() => {
      log.push(`try ${++tries}`);
      if (tries === 1) queueMicrotask(end);
      return Promise.reject(new Error(`words ${tries}`));
    });
    await assert.rejects(failing, /words 2/);
    await long;
    assert.deepEqual(log, ['try 1', 'another ends', 'try 2']);
    assert.equal(await besideOthers(() => Promise.resolve('goes on')), 'goes on');
  });

  it('are not asked for again where our decoder has said them', async () => {
    let tries = 0;
    const failing = inOwnWords(() => {
      tries++;
      return Promise.reject(Object.assign(new Error('bad Huffman code'), { code: 'DECODER' }));
    });
    await assert.rejects(failing, /bad Huffman code/);
    assert.equal(tries, 1);
  });

  const texts: readonly (readonly [text: string, words: string])[] = [
    ['source: bad seek to 47123\nheif: no decoder\n', 'heif: no decoder'],
    ['tiff2vips: Not enough data\ntiff2vips: read error\n', 'tiff2vips: Not enough data'],
    ['source: bad seek to 5\n', 'source: bad seek to 5'],
    ['Input buffer has corrupt header: pngload: bad\n', 'its header is broken: pngload: bad'],
    ['Input buffer has corrupt header: ', 'its header is broken'],
    ['', ''],
  ];
  for (const [text, words] of texts)
    it(`of ${JSON.stringify(text)} are ${JSON.stringify(words)}`, () => {
      assert.equal(wordsOf(text), words);
    });
});
