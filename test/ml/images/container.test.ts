import assert from 'node:assert/strict';
import { endOfPicture } from '../../../ml/images/container.js';
import { picture } from './photo-set.js';

const TAIL = Buffer.from('\xff\xd9 and more', 'latin1');

describe('endOfPicture', () => {
  const encoders = {
    jpeg: async () => (await picture(1)).jpeg().toBuffer(),
    'progressive jpeg with a profile and EXIF': async () =>
      (await picture(2)).withIccProfile('srgb').withMetadata({ orientation: 3 }).jpeg({ progressive: true }).toBuffer(),
    png: async () => (await picture(3)).png().toBuffer(),
    webp: async () => (await picture(4)).webp().toBuffer(),
  };
  for (const [name, encode] of Object.entries(encoders)) {
    const format = ['jpeg', 'png', 'webp'].find((word) => name.includes(word)) ?? '';
    it(`is the file's end for a whole ${name}, also with bytes behind it, and null for any cut`, async () => {
      const bytes = await encode();
      assert.equal(endOfPicture(bytes, format), bytes.length);
      assert.equal(endOfPicture(Buffer.concat([bytes, TAIL]), format), bytes.length);
      for (let kept = 0; kept < bytes.length; kept += 97)
        assert.equal(endOfPicture(bytes.subarray(0, kept), format), null, `${kept} bytes`);
      assert.equal(endOfPicture(bytes.subarray(0, -1), format), null);
    });
  }

  it('passes over the thumbnail that a JPEG carries', async () => {
    const bytes = await (await picture(5)).jpeg().toBuffer();
    const thumbnail = await (await picture(6, 60, 60)).jpeg().toBuffer();
    const segment = Buffer.concat([Buffer.from([0xff, 0xe1, (thumbnail.length + 2) >> 8, (thumbnail.length + 2) & 0xff]), thumbnail]);
    const carrying = Buffer.concat([bytes.subarray(0, 2), segment, bytes.subarray(2)]);
    assert.equal(endOfPicture(carrying, 'jpeg'), carrying.length);
  });

  it('says nothing of formats that it does not know', () => assert.equal(endOfPicture(Buffer.alloc(10), 'tiff'), undefined));
});
