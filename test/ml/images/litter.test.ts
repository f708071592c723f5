import assert from 'node:assert/strict';
import { isLitter, sidecarsAmong } from '../../../ml/images/litter.js';

describe('litter', () => {
  for (const name of [
    '.DS_Store',
    '._photo.jpg',
    '.@__thumb',
    'Thumbs.db',
    'thumbs.DB',
    'ehthumbs_vista.db',
    'Desktop.ini',
    'Icon\r',
    'Icon\uf00d',
    '@eaDir',
    '@EADIR',
    'photo.jpg@SynoEAStream',
    '#recycle',
    '@Recycle',
    '$RECYCLE.BIN',
    'System Volume Information',
    'lost+found',
    '__MACOSX',
    'photo.jpg:Zone.Identifier',
    'Picasa.ini',
    '~$notes.docx',
  ])
    it(`is ${JSON.stringify(name)}`, () => assert.ok(isLitter(name)));

  it('is no photo with a name like it', () => {
    for (const name of ['icon.jpg', 'thumbs.jpg', 'desktop.png', 'recycle.jpg', '@home.jpg', '#1.jpg', '$5.jpg', 'a~.jpg'])
      assert.ok(!isLitter(name), name);
  });
});

describe('sidecarsAmong', () => {
  it('finds what programs keep of photos, and what has the name of a photo beside it', () => {
    const sidecars = [
      'alone.xmp',
      'alone.AAE',
      'P.XMP',
      'p.json',
      'p.jpg.json',
      'p.jpg.supplemental-metadata.json',
      'p.MOV',
      'e\u0301.txt',
    ];
    assert.deepEqual([...sidecarsAmong(['p.JPG', '\u00e9.png', ...sidecars])].sort(), [...sidecars].sort());
  });

  it('leaves photos, and what stands beside none, for the audit to tell', () => {
    assert.deepEqual([...sidecarsAmong(['p.jpg', 'p.png', 'notes.txt', 'clip.mov', 'q.json', 'p', 'p.exe'])], []);
  });
});
