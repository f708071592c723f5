import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Manifest, ManifestV2 } from '../../../configs/schema/manifest.js';

/** This file runs from dist/test/configs/schema/. */
const example = async (name: string): Promise<Record<string, unknown>> => {
  const path = fileURLToPath(new URL(`../../../../test/configs/schema/${name}.json`, import.meta.url));
  return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
};

describe('the manifest', () => {
  it('reads the example, and keeps all of it', async () => {
    const input = await example('manifest');
    assert.deepEqual(Manifest.parse(input), input);
  });

  it('reads one of the first layout: same files under the names of today, and null for what it did not say', async () => {
    const read = Manifest.parse(await example('manifest-v1'));
    assert.deepEqual(
      read.files.map(({ name, opset }) => [name, opset]),
      [
        ['fp32', 17],
        ['int8', 17],
        ['checkpoint', null],
      ],
    );
    assert.equal(read.input.preprocessing.kernel, 'linear-antialiased');
    assert.equal(read.input.preprocessing.resize, 256);
    assert.deepEqual([read.scores, read.close, read.documents, read.testHash], [null, null, null, null]);
    assert.equal(read.metrics.pairwiseAccuracy.value, 0.885);
  });

  for (const path of ['../secret.onnx', '/etc/passwd', 'a/../../b', 'C:/x', 'a\\b', './a', 'a//b', 'a/', '', 'a/..', 'file:///x'])
    it(`refuses the path ${JSON.stringify(path)}`, async () => {
      const input = await example('manifest');
      const [first, ...others] = input['files'] as object[];
      assert.equal(Manifest.safeParse({ ...input, files: [{ ...first, path }, ...others] }).success, false);
    });

  it('is written in the newest layout only', async () => {
    assert.equal(ManifestV2.safeParse(await example('manifest-v1')).success, false);
  });
});
