import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import type { ManifestFile } from '../../../configs/schema/manifest.js';
import { readManifest, readPublished } from '../../../ml/bundle/read.js';

const CASES: Readonly<Record<string, readonly [make: (path: string) => unknown, code: string]>> = {
  nothing: [() => undefined, 'NOT_FOUND'],
  'a link to itself': [(path) => symlink(path, path), 'NOT_FOUND'],
  'a named pipe': [(path) => execFileSync('mkfifo', [path]), 'ARTIFACT_ALTERED'],
  'a folder': [(path) => mkdir(path), 'ARTIFACT_ALTERED'],
  'a file of 65 MiB': [(path) => writeFile(path, '').then(() => truncate(path, 65 << 20)), 'ARTIFACT_ALTERED'],
};

describe('a published bundle', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'emo-aen-bundle-'))));
  afterEach(() => rm(folder, { recursive: true }));

  for (const [what, [make, code]] of Object.entries(CASES)) {
    it(`is refused at once with ${what} in place of its manifest or its model`, async () => {
      await make(join(folder, 'manifest.json'));
      await make(join(folder, 'model.onnx'));
      const model = { name: 'fp32', path: 'model.onnx', sha256: '0'.repeat(64), bytes: 1000 } as ManifestFile;
      for (const read of [() => readManifest(folder), () => readPublished(folder, model)])
        await assert.rejects(read, (error) => error instanceof Problem && error.code === code);
    });
  }
});
