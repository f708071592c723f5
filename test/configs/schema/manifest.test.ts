import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Manifest } from '../../../configs/schema/manifest.js';

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

  for (const path of ['../secret.onnx', '/etc/passwd', 'a/../../b', 'C:/x', 'a\\b', './a', 'a//b', 'a/', '', 'a/..', 'file:///x'])
    it(`refuses the path ${JSON.stringify(path)}`, async () => {
      const input = await example('manifest');
      const [first, ...others] = input['files'] as object[];
      assert.equal(Manifest.safeParse({ ...input, files: [{ ...first, path }, ...others] }).success, false);
    });
});
