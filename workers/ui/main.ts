/** The process beside Temporal's Web UI: `node dist/workers/ui/main.js --root DIR` decodes for it what is sealed, until SIGTERM or SIGINT. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isAbout } from '../../configs/problem.js';
import { writeJsonAtomically } from '../../ml/files/atomic.js';
import { takeRecord } from '../../ml/files/record.js';
import { readyPath, type Ready } from '../processes/record.js';
import { projectOf } from '../project/project.js';
import { lastPorts, LOOPBACK } from '../server/ports.js';
import { codecServer } from './codec-server.js';
import { CodecPort, codecPortPath, UI_ORIGIN_VARIABLE } from './start.js';

const { values } = parseArgs({ options: { root: { type: 'string', default: '.' } } });
const root = resolve(values.root);
const server = codecServer(await projectOf(root), originsOf);
const last = await takeRecord(join(root, codecPortPath), CodecPort);
await listen(last?.port ?? 0).catch((error: unknown) => {
  if (!isAbout(error, 'EADDRINUSE')) throw error;
  return listen(0);
});
await writeJsonAtomically(join(root, codecPortPath), { port: (server.address() as AddressInfo).port } satisfies CodecPort);
await writeJsonAtomically(readyPath(root, 'ui'), { pid: process.pid, notes: [] } satisfies Ready);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));

async function listen(port: number): Promise<void> {
  server.listen(port, LOOPBACK);
  await once(server, 'listening');
}

/** The pages of the embedded server's UI, and the one that the environment names. */
async function originsOf(): Promise<string[]> {
  const ports = await lastPorts(root);
  const named = process.env[UI_ORIGIN_VARIABLE];
  const own = ports === null ? [] : [`http://${LOOPBACK}:${ports.ui}`, `http://localhost:${ports.ui}`];
  return named === undefined || named === '' ? own : [...own, named];
}
