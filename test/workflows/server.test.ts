import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { follow } from '../../cli/run/follow.js';
import type { RunStatus } from '../../workers/report.js';
import { startRun } from '../../workers/start-run.js';
import { connectTo, embeddedServer } from '../../workers/temporal.js';
import { temporalProgram } from '../../workers/server/program.js';
import { projectOf } from '../../workers/project/project.js';
import { createWorker } from '../../workers/worker.js';
import { answering, freePort } from './dev-server.js';
import { bundle } from './place.js';
import { planned, planOf, taskIn } from './plans.js';
import { writing } from './tasks.js';
import { readLedger } from '../../workers/candidates.js';

describe('a run whose server', function () {
  this.timeout(90_000);
  let root: string;
  let servers: ChildProcess[] = [];
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-server-'));
  });
  afterEach(async () => {
    for (const server of servers) {
      if (server.exitCode !== null || server.signalCode !== null) continue;
      server.kill('SIGKILL');
      await once(server, 'exit');
    }
    servers = [];
    await rm(root, { recursive: true, force: true });
  });

  async function startServer(port: number): Promise<ChildProcess> {
    const { program } = await temporalProgram();
    const args = ['server', 'start-dev', '--headless', '--log-level', 'never', '--db-filename', join(root, 'db'), '--port', String(port)];
    const server = spawn(program, args, { stdio: 'ignore' });
    servers.push(server);
    await answering(`127.0.0.1:${port}`);
    return server;
  }

  it('is killed with -9 and comes back goes on where it was, and so do those who follow it', async () => {
    const port = await freePort();
    const server = await startServer(port);
    const target = embeddedServer({ frontend: port, ui: 0 });
    const project = await projectOf(root);
    const connection = await NativeConnection.connect(target.connection);
    let steps = 0;
    const tasks = {
      first: writing(['a']),
      steady: writing(['b'], async ({ progress, signal }) => {
        for (; steps < 30; steps += 1) {
          signal.throwIfAborted();
          progress({ message: 'stepping', done: steps, total: 30 });
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }),
      last: writing([]),
    };
    const worker = await createWorker({
      kind: 'cpu',
      root,
      project,
      connection,
      namespace: target.namespace,
      tasks,
      bundle: await bundle(),
    });
    const working = worker.run();
    const link = await connectTo(target, project);
    const plan = planOf(
      planned('first', { provides: ['a'] }),
      planned('steady', { needs: ['first'], provides: ['b'] }),
      planned('last', { needs: ['steady'] }),
    );
    const request = { plan, overrides: [], name: 'through', fromRun: null, until: null, fresh: false, by: 'a test' };
    const run = await startRun(root, link, request);
    await link.close();
    const seen: RunStatus[] = [];
    let killed = false;
    const followed = await follow({
      root,
      run,
      screen: {
        remark: () => undefined,
        show: (status) => {
          seen.push(status);
          if (killed || (status.tasks[1]?.progress?.done ?? 0) < 5) return;
          killed = true;
          server.kill('SIGKILL');
          void once(server, 'exit').then(() => startServer(port));
        },
      },
      signal: AbortSignal.timeout(60_000),
      revive: () => Promise.resolve(),
      connect: () => connectTo(target, project),
    });
    assert.equal(followed.status?.state, 'completed');
    assert.ok(killed);
    assert.ok(
      seen.some(({ source }) => source === 'ledger file'),
      'while the server was away, the file answered',
    );
    const ledger = await readLedger(root, run);
    assert.ok(ledger !== null);
    assert.equal(
      ledger.tasks.every(({ state }) => state === 'done'),
      true,
    );
    assert.equal(taskIn(ledger, 'first').attempts, 1);
    worker.shutdown();
    await working;
    await connection.close();
  });
});
