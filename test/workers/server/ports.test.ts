import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import { choosePorts, lastPorts, LOOPBACK } from '../../../workers/server/ports.js';

describe("the embedded server's ports", () => {
  let root: string;
  const listeners: Server[] = [];
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-ports-'));
  });
  afterEach(async () => {
    for (const listener of listeners.splice(0)) listener.close();
    await rm(root, { recursive: true, force: true });
  });

  async function occupy(port = 0): Promise<number> {
    const listener = createServer();
    listeners.push(listener);
    listener.listen(port, LOOPBACK);
    await once(listener, 'listening');
    return (listener.address() as AddressInfo).port;
  }

  it('are free ones, and the same again next time', async () => {
    const first = await choosePorts(root, {});
    assert.notEqual(first.frontend, first.ui);
    // From 32768 on, a worker that looks for a dead server could be given its port and connect to itself.
    assert.ok(Math.max(first.frontend, first.ui) < 32_768);
    assert.deepEqual(await lastPorts(root), first);
    assert.deepEqual(await choosePorts(root, {}), first);
  });

  it('are others where somebody else took those of last time', async () => {
    const first = await choosePorts(root, {});
    await occupy(first.frontend);
    const next = await choosePorts(root, {});
    assert.notEqual(next.frontend, first.frontend);
    assert.equal(next.ui, first.ui);
  });

  it('are those that are set, or a problem that names the port in use and the cure', async () => {
    const { frontend } = await choosePorts(root, {});
    assert.equal((await choosePorts(root, { EMO_AEN_TEMPORAL_PORT: String(frontend) })).frontend, frontend);
    const taken = await occupy();
    await assert.rejects(choosePorts(root, { EMO_AEN_UI_PORT: String(taken) }), (error) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.code, 'CONFLICT');
      assert.equal(error.where, 'EMO_AEN_UI_PORT');
      assert.equal(error.message, `port ${taken} is in use`);
      assert.match(error.cure ?? '', /unset EMO_AEN_UI_PORT/);
      return true;
    });
  });

  it('are refused where a variable holds no port', async () => {
    for (const text of ['http', '0', '65536', '7233.5', '-1']) {
      await assert.rejects(choosePorts(root, { EMO_AEN_TEMPORAL_PORT: text }), { code: 'CONFIGURATION' });
    }
  });
});
