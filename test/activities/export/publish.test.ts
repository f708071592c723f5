import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publishedArtifacts } from '../../../activities/export/publish.js';
import { recordOutput } from '../../../activities/files.js';
import { hashFile } from '../../../ml/files/atomic.js';
import { Digests } from '../../../ml/files/digests.js';
import { currentVersion } from '../../../ml/bundle/switch.js';
import { publish } from '../../ml/bundle/made-bundle.js';

describe('what a run that published records', () => {
  let root: string;
  beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'emo-aen-published-'))));
  afterEach(() => rm(root, { recursive: true }));

  const record = (artifacts: ReturnType<typeof publishedArtifacts>) =>
    recordOutput(root, { artifacts, summary: {} }, new Digests({ root, store: 'artifacts', tell: assert.fail }));

  it('is of its own version, under the names that stay, also where another run published since', async () => {
    const ours = publishedArtifacts(await publish(root, 'a', { version: '1.0.0' }));
    await publish(root, 'b', { version: '1.1.0' });
    assert.equal(await currentVersion(join(root, 'models')), '1.1.0');
    const { artifacts } = await record(ours);
    const own = (file: string): string => join(root, 'models', 'versions', '1.0.0', file);
    for (const [name, path, file] of [
      ['manifest', 'models/manifest.json', 'manifest.json'],
      ['version-manifest', 'models/versions/1.0.0/manifest.json', 'manifest.json'],
      ['published-onnx', 'models/emo_aen.onnx', 'emo_aen.onnx'],
      ['published-onnx-int8', 'models/emo_aen_int8.onnx', 'emo_aen_int8.onnx'],
      ['published-checkpoint', 'models/emo_aen.safetensors', 'emo_aen.safetensors'],
    ] as const) {
      const found = artifacts.find((artifact) => artifact.name === name);
      assert.deepEqual(found, { name, path, ...(await hashFile(own(file))) });
    }
    assert.notEqual((await hashFile(join(root, 'models', 'manifest.json'))).sha256, artifacts[0]?.sha256);
  });

  it('is nothing outside the project', async () => {
    await publish(root, 'a', { version: '1.0.0' });
    const artifacts = [{ name: 'manifest', path: join(root, 'models', 'manifest.json'), target: '/etc/passwd' }];
    await assert.rejects(record(artifacts), /not a file below the project root/);
  });
});
