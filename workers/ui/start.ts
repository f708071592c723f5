/** Starts the process beside Temporal's Web UI, and tells its address. The embedded server has a UI while that process runs. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { Problem } from '../../configs/problem.js';
import { readRecord } from '../../ml/files/record.js';
import { isAlive } from '../processes/identity.js';
import { endedAtOnce, launch } from '../processes/launch.js';
import { findRunning, Ready, readyPath, type ProcessRecord } from '../processes/record.js';
import { takeDown } from '../processes/take-down.js';
import { projectOf } from '../project/project.js';
import { LOOPBACK } from '../server/ports.js';
import { codecToken } from './codec-server.js';

/** Origin of the Web UI of a server of one's own: `https://ui.example`. */
export const UI_ORIGIN_VARIABLE = 'EMO_AEN_UI_ORIGIN';

/** Where its port is kept, relative to the project root: what a person set in the UI stays right. */
export const codecPortPath = '.emo-aen/codec-port.json';
export const CodecPort = z.object({ port: z.int().min(1).max(65_535) });
export type CodecPort = z.infer<typeof CodecPort>;

const READY_LIMIT_MS = 30_000;
const POLL_MS = 50;

/** Starts it in the background and waits until it answers. The caller holds the project's lock and knows that none runs. */
export async function startUi(root: string, target: string, code: string): Promise<ProcessRecord> {
  await takeDown(root, 'ui', 0); // a supervisor whose process has died
  await rm(readyPath(root, 'ui'), { force: true });
  const args = [fileURLToPath(new URL('main.js', import.meta.url)), '--root', root];
  const record = await launch({ root, name: 'ui', program: process.execPath, args, target, code });
  const deadline = performance.now() + READY_LIMIT_MS;
  for (;;) {
    const ready = await readRecord(readyPath(root, 'ui'), Ready);
    if (ready.is === 'sound' && ready.value.pid === record.process.pid) return record;
    if (!isAlive(record.process)) throw await endedAtOnce(root, 'ui', record.process);
    if (performance.now() > deadline) {
      const message = `the process beside the Web UI (pid ${record.process.pid}) was not ready after ${READY_LIMIT_MS / 1000} s`;
      throw new Problem({ code: 'UNREACHABLE', message, where: record.log ?? 'ui', cure: 'read its log; then emo-aen down and up --ui' });
    }
    await delay(POLL_MS);
  }
}

/** What a person sets as codec endpoint in the UI; null while the process does not run. Whoever has it reads everything of the project. */
export async function codecEndpoint(root: string): Promise<string | null> {
  const port = await readRecord(join(root, codecPortPath), CodecPort);
  if (port.is !== 'sound' || (await findRunning(root, 'ui')) === null) return null;
  return `http://${LOOPBACK}:${port.value.port}/${codecToken(await projectOf(root))}`;
}
