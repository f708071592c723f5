import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasEnded, isAlive } from '../../../workers/processes/identity.js';
import { findRunning } from '../../../workers/processes/record.js';
import { lastPorts } from '../../../workers/server/ports.js';
import { startServer } from '../../../workers/server/start.js';
import { connectTemporal } from '../../../workers/temporal.js';
import { bringDown } from '../../../workers/up.js';

describe('the embedded Temporal server', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-server-'));
  });
  afterEach(async () => {
    await bringDown(root);
    await rm(root, { recursive: true, force: true });
  });

  it('keeps its history and its ports when it is killed with -9 and started again', async () => {
    const first = await startServer(root);
    const before = await connectTemporal(root, {});
    await before.client.workflow.start('nobody-runs-this', { taskQueue: 'nobody', workflowId: 'kept', args: [] });
    await before.close();
    process.kill(first.process.pid, 'SIGKILL');
    assert.ok(await hasEnded(first.process, 5_000));
    await assert.rejects(connectTemporal(root, {}), { code: 'UNREACHABLE', cure: 'emo-aen up' });

    const second = await startServer(root);
    assert.equal(second.target, first.target);
    const after = await connectTemporal(root, {});
    const { status } = await after.client.workflow.getHandle('kept').describe();
    await after.close();
    assert.equal(status.name, 'RUNNING');
  });

  it('serves no Web UI that nobody asked for, and ends when it is taken down', async () => {
    const { process: server } = await startServer(root);
    const link = await connectTemporal(root, {});
    await link.close();
    assert.equal(link.uiUrl, null);
    await assert.rejects(fetch(`http://127.0.0.1:${(await lastPorts(root))?.ui}`));
    assert.deepEqual(await bringDown(root), { processes: [{ name: 'server', pid: server.pid, ended: 'gracefully' }] });
    assert.ok(!isAlive(server));
    assert.equal(await findRunning(root, 'server'), null);
  });
});
