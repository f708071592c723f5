import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLONE } from '../../../configs/load/installation.js';
import { hasEnded, isAlive } from '../../../workers/processes/identity.js';
import { findRunning } from '../../../workers/processes/record.js';
import { bringDown, bringUp, runningProcesses, type Brought } from '../../../workers/up.js';

describe("a project's processes, beside their records", () => {
  const roots: string[] = [];
  afterEach(async () => {
    for (const root of roots.splice(0)) {
      await bringDown(root);
      await rm(root, { recursive: true, force: true });
    }
  });

  async function project(): Promise<string> {
    const root = await mkdtemp(join(tmpdir(), 'emo-aen-holders-'));
    roots.push(root);
    return root;
  }

  const started = ({ processes }: Brought): string[] => processes.filter((one) => one.started).map(({ name }) => name);
  const pids = ({ processes }: Brought): number[] => processes.map(({ pid }) => pid);

  it('are found by their locks where their records were lost: up starts them anew and down ends them, never two of one kind', async () => {
    const root = await project();
    for (const upAfterwards of [true, false]) {
      await bringUp(root);
      const lost = await runningProcesses(root);
      assert.equal(lost.length, 3);
      for (const name of await readdir(join(root, '.emo-aen/processes'))) await truncate(join(root, '.emo-aen/processes', name), 0);
      assert.deepEqual(await runningProcesses(root), []);
      if (upAfterwards) assert.deepEqual(started(await bringUp(root)).sort(), ['cpu', 'gpu', 'server']);
      else
        assert.deepEqual(
          (await bringDown(root)).processes,
          ['cpu', 'gpu', 'server'].map((name) => ({
            name,
            pid: lost.find((record) => record.name === name)?.process.pid,
            ended: 'gracefully',
          })),
        );
      for (const { process, supervisor } of lost) assert.ok(!isAlive(process) && supervisor !== null && !isAlive(supervisor));
    }
    assert.deepEqual(await bringDown(root), { processes: [] });
  });

  it('are found by their locks where records and a supervisor were lost, and where a new supervisor watches over them', async () => {
    const root = await project();
    const first = await bringUp(root);
    const server = await findRunning(root, 'server');
    assert.ok(server?.supervisor);
    process.kill(server.supervisor.pid, 'SIGKILL');
    assert.ok(await hasEnded(server.supervisor, 5_000));
    await bringUp(root);
    const adopted = await findRunning(root, 'server');
    assert.ok(adopted?.supervisor);
    await truncate(join(root, '.emo-aen/processes/server.json'), 0);
    assert.deepEqual(started(await bringUp(root)), ['server']);
    assert.ok(!isAlive(server.process) && !isAlive(adopted.supervisor));
    assert.equal((await bringUp(root)).address, first.address);
  });

  it('are neither started a second time nor ended from another container on the same folder', async function () {
    const container = ['--net', '--pid', '--fork', '--mount-proc', '--kill-child'];
    if (spawnSync('unshare', [...container, 'true']).status !== 0) return this.skip(); // only root may make one here
    const root = await project();
    const first = await bringUp(root);
    for (const command of ['up', 'down']) {
      const { status, stderr } = spawnSync('unshare', [...container, process.execPath, join(CLONE, 'bin/emo-aen.cjs'), command], {
        cwd: root,
        encoding: 'utf8',
      });
      assert.equal(status, 1, stderr);
      assert.match(
        stderr,
        /the (server|cpu|gpu) process of this project runs already, in another container or on another machine \(host .+, pid \d+ there, since .+\)/,
      );
      assert.match(stderr, /emo-aen down ends it, typed where it was started/);
    }
    const again = await bringUp(root);
    assert.deepEqual([started(again), pids(again)], [[], pids(first)]);
  });
});
