import assert from 'node:assert/strict';
import type { FindingCode } from '../../../../ml/images/findings.js';
import { finding } from '../../../../ml/images/findings.js';
import { planFix } from '../../../../ml/images/fix/plan.js';
import type { Inspection } from '../../../../ml/images/inspect.js';
import { stemOf } from '../../../../ml/images/names.js';

function inspected(name: string, format: string | null, codes: readonly FindingCode[] = [], orientation = 1): Inspection {
  const file = `one/good/${name}`;
  return {
    photo: { file, path: `/${file}`, folder: 'one', label: 'good', stem: stemOf(name) },
    sha256: format === null ? null : '00',
    content:
      format === null
        ? null
        : {
            bytes: 1,
            format,
            sides: { width: 300, height: 300 },
            orientation,
            quality: null,
            encoder: null,
            hashes: null,
            pixels: null,
            faults: codes.map((code) => [code, 'is wrong']),
          },
    findings: codes.map((code) => finding(code, file, 'is wrong')),
  };
}

/** What is done to one photo: its name in the copy and the actions, or the code of why it is left out. */
function planned(...inspection: Parameters<typeof inspected>): readonly string[] | string {
  const { corrections, leftOut } = planFix([inspected(...inspection)]);
  return leftOut[0]?.code ?? corrections.flatMap(({ file, actions }) => [file.slice('one/good/'.length), ...actions]);
}

describe('planFix', () => {
  it('leaves a sound photo as it is, and one that only a warning is about', () => {
    assert.deepEqual(planned('a.JPG', 'jpeg'), ['a.JPG']);
    assert.deepEqual(planned('a.avif', 'heif'), ['a.avif']);
    assert.deepEqual(planned('a.png', 'png', ['uniform']), ['a.png']);
  });

  it('cuts and renames without encoding, whatever is behind the last dot', () => {
    assert.deepEqual(planned('a.jpg', 'jpeg', ['trailing-bytes']), ['a.jpg', 'trailing-bytes-dropped']);
    assert.deepEqual(planned('a.b.png', 'webp', ['wrong-extension']), ['a.b.webp', 'renamed']);
    assert.deepEqual(planned('a', 'tiff'), ['a.tif', 'renamed']);
  });

  it('encodes JPEG as JPEG and everything else as PNG where pixels change, and keeps the stem', () => {
    assert.deepEqual(planned('a.jpeg', 'jpeg', ['turned'], 6), ['a.jpeg', 'turned-upright', 'encoded-as-jpeg']);
    assert.deepEqual(planned('a.png', 'png', ['transparent']), ['a.png', 'flattened-on-white', 'encoded-as-png']);
    assert.deepEqual(planned('a.webp', 'webp', ['not-srgb'], 3), [
      'a.png',
      'turned-upright',
      'converted-to-srgb',
      'encoded-as-png',
      'renamed',
    ]);
    assert.deepEqual(planned('a.png', 'jpeg', ['not-srgb', 'trailing-bytes']), [
      'a.jpg',
      'converted-to-srgb',
      'trailing-bytes-dropped',
      'encoded-as-jpeg',
      'renamed',
    ]);
  });

  it('leaves out what has a fault that nothing cures, whatever else could be done', () => {
    for (const code of ['truncated', 'damaged', 'animated', 'too-small', 'too-many-pixels', 'wrong-format'] as const) {
      assert.equal(planned('a.jpg', 'jpeg', ['not-srgb', code], 6), code);
    }
    assert.equal(planned('a.jpg', null, ['unreadable']), 'unreadable');
    assert.equal(planned('a.jpg', null), 'unreadable');
  });

  it('gives no photo a name that another has, nor one that only the case tells apart', () => {
    const { corrections, leftOut } = planFix([
      inspected('A.PNG', 'png'),
      inspected('a.webp', 'webp', ['not-srgb']),
      inspected('b.tif', 'tiff', ['not-srgb']),
      inspected('b.webp', 'webp', ['not-srgb']),
    ]);
    assert.deepEqual(
      corrections.map(({ file }) => file),
      ['one/good/A.PNG', 'one/good/b.png'],
    );
    assert.deepEqual(
      leftOut.map(({ file, code }) => [file, code]),
      [
        ['one/good/a.webp', 'stem-twice'],
        ['one/good/b.webp', 'stem-twice'],
      ],
    );
  });
});
