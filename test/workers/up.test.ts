import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasEnded } from '../../workers/processes/identity.js';
import { startServer } from '../../workers/server/start.js';
import { choosePorts } from '../../workers/server/ports.js';
import { bringDown, bringUp, runningProcesses, type Brought } from '../../workers/up.js';

describe("a project's processes", () => {
  const roots: string[] = [];
  const address = process.env['TEMPORAL_ADDRESS'];
  afterEach(async () => {
    delete process.env['TEMPORAL_ADDRESS'];
    if (address !== undefined) process.env['TEMPORAL_ADDRESS'] = address;
    for (const root of roots.splice(0)) {
      await bringDown(root);
      await rm(root, { recursive: true, force: true });
    }
  });

  async function project(): Promise<string> {
    const root = await mkdtemp(join(tmpdir(), 'emo-aen-up-'));
    roots.push(root);
    return root;
  }

  const started = ({ processes }: Brought): string[] => processes.filter((one) => one.started).map(({ name }) => name);
  const pids = ({ processes }: Brought): number[] => processes.map(({ pid }) => pid);

  it('are started once by two who start them at once, and only what was killed is started again', async () => {
    const root = await project();
    const [one, other] = await Promise.all([bringUp(root), bringUp(root)]);
    assert.deepEqual([...started(one), ...started(other)].sort(), ['cpu', 'gpu', 'server']);
    assert.deepEqual(pids(one), pids(other));
    const again = await bringUp(root);
    assert.deepEqual([started(again), pids(again)], [[], pids(one)]);

    const gpu = (await runningProcesses(root)).find(({ name }) => name === 'gpu');
    assert.ok(gpu);
    process.kill(gpu.process.pid, 'SIGKILL');
    assert.ok(await hasEnded(gpu.process, 5_000));
    const mended = await bringUp(root);
    assert.deepEqual(started(mended), ['gpu']);
    assert.deepEqual([mended.address, mended.uiUrl], [one.address, one.uiUrl]);

    const begun = performance.now();
    const { processes } = await bringDown(root);
    assert.ok(performance.now() - begun < 10_000);
    assert.deepEqual(
      processes.map(({ name, ended }) => [name, ended]),
      [
        ['cpu', 'gracefully'],
        ['gpu', 'gracefully'],
        ['server', 'gracefully'],
      ],
    );
    assert.deepEqual(await runningProcesses(root), []);
    assert.deepEqual(await bringDown(root), { processes: [] });
  });

  it('are the workers alone where the surroundings name a server, and they move to it', async () => {
    const [studio, root] = [await project(), await project()];
    await bringUp(root);
    const { target } = await startServer(studio);
    process.env['TEMPORAL_ADDRESS'] = target.split(' ')[0];
    const notes: string[] = [];
    const moved = await bringUp(root, (text) => notes.push(text));
    assert.equal(moved.embedded, false);
    assert.deepEqual(started(moved), ['cpu', 'gpu']);
    assert.equal(notes.filter((text) => /worker .* is connected to .*: starting it anew/.test(text)).length, 2);
    assert.deepEqual(
      (await runningProcesses(root)).map((record) => record.target === target),
      [false, true, true],
    );
  });

  it('are left alone where that server does not answer', async () => {
    const root = await project();
    const { frontend } = await choosePorts(root, {});
    process.env['TEMPORAL_ADDRESS'] = `127.0.0.1:${frontend}`;
    await assert.rejects(bringUp(root), { code: 'UNREACHABLE' });
    assert.deepEqual(await runningProcesses(root), []);
  });
});
