import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { choosePorts } from '../../workers/server/ports.js';
import { connectTemporal, ownServer, temporalTarget, usesOwnServer } from '../../workers/temporal.js';

describe('which Temporal server a project uses', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-temporal-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('is the embedded one unless the surroundings name another', async () => {
    assert.ok(!usesOwnServer({ HOME: '/nowhere', TEMPORAL_ADDRESS: '' }));
    await assert.rejects(temporalTarget(root, {}), { code: 'UNREACHABLE', cure: 'emo-aen up' });
  });

  it('is that of TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE', async () => {
    const env = { TEMPORAL_ADDRESS: 'temporal.example:7233', TEMPORAL_NAMESPACE: 'photos' };
    const { address, namespace, embedded, uiUrl } = await temporalTarget(root, env);
    assert.deepEqual(
      { address, namespace, embedded, uiUrl },
      { address: 'temporal.example:7233', namespace: 'photos', embedded: false, uiUrl: null },
    );
  });

  it('is that of a profile that is named', async () => {
    const file = join(root, 'temporal.toml');
    await writeFile(file, '[profile.studio]\naddress = "studio.example:7233"\nnamespace = "studio"\n');
    const target = ownServer({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'studio' });
    assert.equal(target.address, 'studio.example:7233');
    assert.equal(target.namespace, 'studio');
    assert.throws(() => ownServer({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'studi' }), { code: 'CONFIGURATION' });
  });

  it('is said to be unreachable where nothing answers', async () => {
    const { frontend } = await choosePorts(root, {});
    await assert.rejects(connectTemporal(root, { TEMPORAL_ADDRESS: `127.0.0.1:${frontend}` }), (error: Error) => {
      assert.match(error.message, /does not answer/);
      return true;
    });
  });
});
