import assert from 'node:assert/strict';
import { chooseFile, readManifest, scoresOf } from '../../../web/shared/manifest.js';

const file = (name: string, more: object = {}): Record<string, unknown> => ({
  name,
  path: `versions/1.0.0/${name}`,
  bytes: 10,
  sha256: 'a'.repeat(64),
  runtimes: [],
  scores: null,
  close: null,
  ...more,
});
const written = (more: object = {}): string =>
  JSON.stringify({
    format: 3,
    version: '1.0.0',
    trainedAt: '2026-01-02T03:04:05Z',
    synthetic: false,
    files: [file('fp32'), file('int8'), file('checkpoint')],
    input: { name: 'photos', layout: 'NCHW', preprocessing: { resize: 256, crop: 224, mean: [0, 0, 0], std: [1, 1, 1] } },
    outputs: [{ name: 'embedding' }, { name: 'score' }],
    ...more,
  });
const scores = { quantiles: Array.from({ length: 21 }, (_, index) => index / 10 - 1), close: 0.02 };

describe('the manifest that the page reads', () => {
  it('says of each file how the test photos scored with it, or not', () => {
    const { quantiles, close } = scores;
    const read = (more: object): unknown => readManifest(written({ files: [file('fp32', more)] })).files.map(scoresOf)[0];
    assert.deepEqual(read({ scores: { all: quantiles }, close: { margin: close } }), scores);
    assert.deepEqual(read({ scores: { all: quantiles }, close: null }), { quantiles, close: 0 });
    assert.equal(read({}), null);
  });

  for (const [what, text, says] of [
    ['of another format', written({ format: 4 }), /format 4, and this page understands format 3/],
    ['of an older format', written({ format: 2 }), /format 2, and this page understands format 3/],
    ['cut short', written().slice(0, -20), /no JSON, or only a part/],
    ['without a format', written({ format: undefined }), /has no format/],
    [
      'that leads out of the bundle',
      written({ files: [file('fp32', { path: 'versions/../../x' })] }),
      /files\.0\.path leads out of the bundle/,
    ],
    ['with an absolute path', written({ files: [file('fp32', { path: '//elsewhere.test/x' })] }), /leads out of the bundle/],
    ['with an address', written({ files: [file('fp32', { path: 'https://elsewhere.test/x' })] }), /leads out of the bundle/],
    ['with a sha256 that is none', written({ files: [file('fp32', { sha256: 'abc' })] }), /files\.0\.sha256 is no sha256/],
    ['with a crop that is larger than the photo', written().replace('"resize":256', '"resize":64'), /crop is larger than resize/],
    ['without a score', written({ outputs: [{ name: 'embedding' }] }), /has no score/],
    ['that is a list', '[]', /has no format|cannot be read/],
  ] as const)
    it(`is refused ${what}`, () => assert.throws(() => readManifest(text), says));
});

describe('the file that the page chooses', () => {
  const choose = (files: Record<string, unknown>[], runtime: 'webgpu' | 'wasm' = 'wasm'): string =>
    chooseFile(readManifest(written({ files })), runtime).name;

  const files = [
    file('int8-weights', { runtimes: ['wasm'] }),
    file('fp32', { runtimes: ['native', 'webgpu', 'wasm'] }),
    file('int8', { runtimes: ['native'] }),
  ];

  it('is the first one that the manifest names for the runtime', () => {
    assert.deepEqual([choose(files), choose(files, 'webgpu')], ['int8-weights', 'fp32']);
  });

  it('is refused where there is none', () => assert.throws(() => choose(files.slice(2)), /no file for WebAssembly/));
});
