/** One Temporal dev server, in memory, for all tests of this area; a namespace for each place that needs one of its own. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { Connection } from '@temporalio/client';
import { PROMPT_DISPATCH, temporalProgram } from '../../workers/server/program.js';

const NAMESPACES = 60;

export interface DevServer {
  readonly address: string;
  readonly pid: number;
  /** A namespace that nobody else has had. */
  namespace(): string;
}

let server: Promise<DevServer> | undefined;
const stops: (() => Promise<void>)[] = [];

export function devServer(): Promise<DevServer> {
  server ??= newDevServer();
  return server;
}

export async function stopDevServer(): Promise<void> {
  await Promise.all(stops.splice(0).map((stop) => stop()));
}

// Not there where a script, not mocha, uses the server.
if (typeof globalThis.after === 'function') {
  after(async function endDevServer() {
    this.timeout(20_000);
    await stopDevServer();
  });
}

/** One beside the shared one, with more words for its command line. */
export async function newDevServer(...more: string[]): Promise<DevServer> {
  const port = await freePort();
  const names = Array.from({ length: NAMESPACES }, (_, index) => `place-${index}`);
  const child = spawn(
    (await temporalProgram()).program,
    [
      'server',
      'start-dev',
      '--headless',
      '--log-level',
      'never',
      '--port',
      String(port),
      ...names.flatMap((name) => ['--namespace', name]),
      ...PROMPT_DISPATCH,
      ...more,
    ],
    { stdio: 'ignore' },
  );
  const exited = once(child, 'exit'); // rejects where the program cannot be started
  stops.push(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  const address = `127.0.0.1:${port}`;
  await Promise.race([answering(address), exited.then(() => Promise.reject(new Error('the Temporal server ended at once')))]);
  return { address, pid: child.pid ?? 0, namespace: () => names.shift() ?? 'default' };
}

export async function answering(address: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: '2s' });
      await connection.close();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100)); // nothing tells when the server listens
    }
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  await new Promise((resolve) => probe.close(resolve));
  return address.port;
}
