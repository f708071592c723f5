import assert from 'node:assert/strict';
import { chooseFile, readManifest } from '../../../web/shared/manifest.js';

const file = (name: string, more: object = {}): Record<string, unknown> => ({
  name,
  path: `versions/1.0.0/${name}`,
  bytes: 10,
  sha256: 'a'.repeat(64),
  ...more,
});
const written = (more: object = {}): string =>
  JSON.stringify({
    format: 1,
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
  it('is one of format 1, which tells no scores', () => assert.equal(readManifest(written()).scores, null));

  it('is one of format 2, with scores or without', () => {
    const { quantiles, close } = scores;
    assert.deepEqual(readManifest(written({ format: 2, scores: { all: quantiles }, close: { margin: close } })).scores, scores);
    assert.deepEqual(readManifest(written({ format: 2, scores: { all: quantiles }, close: null })).scores, { quantiles, close: 0 });
    assert.equal(readManifest(written({ format: 2, scores: null })).scores, null);
  });

  for (const [what, text, says] of [
    ['of a newer format', written({ format: 3 }), /format 3, and this page understands formats up to 2/],
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

  it('has its weights in INT8 where there is one', () => {
    assert.equal(choose([file('fp32'), file('int8-weights'), file('int8')]), 'int8-weights');
  });

  it('is the float32 one otherwise, never static INT8', () => {
    assert.equal(choose([file('int8'), file('fp32')]), 'fp32');
    assert.throws(() => choose([file('int8')]), /no file for WebAssembly/);
  });

  it('is one that the manifest names for the runtime', () => {
    const files = [file('int8-weights', { runtimes: ['wasm'] }), file('fp32', { runtimes: ['native', 'webgpu', 'wasm'] })];
    assert.deepEqual([choose(files), choose(files, 'webgpu')], ['int8-weights', 'fp32']);
  });
});
