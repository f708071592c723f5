import assert from 'node:assert/strict';
import { unreadKind } from '../../../ml/images/kinds.js';
import { picture } from './photo-set.js';

/** The beginning of a file of boxes. */
function boxes(major: string, others: string): Buffer {
  const box = Buffer.from(`0000ftyp${major}0000${others}`, 'latin1');
  box.writeUInt32BE(box.length);
  return box;
}

describe('unreadKind', () => {
  const kinds: readonly (readonly [head: Buffer, kind: string | null])[] = [
    [boxes('heic', 'mif1heic'), null],
    [boxes('mif1', 'mif1heicmiaf'), null],
    [boxes('heis', 'mif1heis'), 'HEIC of several layers'],
    [boxes('hevc', 'msf1hevc'), 'a sequence of HEIC pictures'],
    [boxes('avif', 'avifmif1'), null],
    [boxes('mif1', 'mif1avif'), null],
    [boxes('mif1', 'miaf'), null],
    [boxes('isom', 'isomavc1'), 'a video'],
    [Buffer.from('GIF89a'), 'GIF'],
    [Buffer.from('BM1234'), 'BMP'],
    [Buffer.from('\ufeff<?xml version="1.0"?>\n<!-- made -->\n<svg xmlns="x">'), 'SVG'],
    [Buffer.from('\n<!DOCTYPE html><html>'), 'an HTML page'],
    [Buffer.from('<?xml version="1.0"?><other>'), null],
    [Buffer.from('no photo'), null],
    [Buffer.alloc(0), null],
  ];
  for (const [head, kind] of kinds)
    it(`of ${JSON.stringify(head.toString('latin1'))} is ${kind ?? 'nothing'}`, () => {
      assert.equal(unreadKind(head), kind);
    });

  it('is nothing of photos that are read', async () => {
    const image = await picture(1, 64, 64);
    for (const format of ['jpeg', 'png', 'webp', 'tiff', 'avif'] as const)
      assert.equal(unreadKind(await image.clone().toFormat(format).toBuffer()), null, format);
  });
});
