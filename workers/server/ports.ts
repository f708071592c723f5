/** Ports on loopback for the embedded server: those that are set, else those of last time while they are free, else free ones. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { Problem } from '../../configs/problem.js';
import { writeJsonAtomically } from '../../ml/files/atomic.js';
import { readRecord, takeRecord } from '../../ml/files/record.js';

export const LOOPBACK = '127.0.0.1';

/** `frontend` speaks gRPC to clients and workers, `ui` HTTP to browsers. */
export const Ports = z.object({ frontend: z.int().min(1).max(65_535), ui: z.int().min(1).max(65_535) });
export type Ports = z.infer<typeof Ports>;

const VARIABLES: Readonly<Record<keyof Ports, string>> = { frontend: 'EMO_AEN_TEMPORAL_PORT', ui: 'EMO_AEN_UI_PORT' };

type Environment = Readonly<Record<string, string | undefined>>;

function portsPath(root: string): string {
  return join(root, '.emo-aen', 'ports.json');
}

/** The ports that the server of this project was last given; null if it never had any, or their record is damaged. */
export async function lastPorts(root: string): Promise<Ports | null> {
  const found = await readRecord(portsPath(root), Ports);
  return found.is === 'sound' ? found.value : null;
}

/**
 * Chooses both ports and writes them down for the next time.
 * @throws Problem CONFIGURATION where a variable is no port, CONFLICT where the port it names is in use.
 */
export async function choosePorts(root: string, env: Environment): Promise<Ports> {
  const last = await takeRecord(portsPath(root), Ports);
  const frontend = await choosePort('frontend', env, last?.frontend, null);
  const ui = await choosePort('ui', env, last?.ui === frontend ? undefined : last?.ui, frontend);
  await writeJsonAtomically(portsPath(root), { frontend, ui });
  return { frontend, ui };
}

async function choosePort(which: keyof Ports, env: Environment, last: number | undefined, other: number | null): Promise<number> {
  const variable = VARIABLES[which];
  const set = env[variable];
  if (set === undefined || set === '') {
    const again = last === undefined ? null : await tryPort(last);
    return again ?? (await freePort(other));
  }
  const port = Ports.shape.frontend.safeParse(Number(set));
  if (!port.success) {
    const cure = 'give a number from 1 to 65535, or leave it unset to have a free port chosen';
    throw new Problem({ code: 'CONFIGURATION', message: `"${set}" is not a port`, where: variable, cure });
  }
  if ((await tryPort(port.data)) !== null) return port.data;
  const cure = `end the program that listens there (ss -ltnp 'sport = :${port.data}' names it), set another port, or unset ${variable}`;
  throw new Problem({ code: 'CONFLICT', message: `port ${port.data} is in use`, where: variable, cure });
}

/**
 * Chosen below the range from which the system gives out ports to outgoing connections (32768 and up): there, a worker that tries
 * to reach a dead server's port can be given that same port, connects to itself, and keeps the server from coming back.
 */
const CHOSEN = { least: 15_000, count: 15_000 };
const TRIES = 100;

async function freePort(other: number | null): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = await tryPort(CHOSEN.least + randomInt(CHOSEN.count));
    if (port !== null && port !== other) return port;
  }
  const message = `${TRIES} ports from ${CHOSEN.least} on were tried, and none is free`;
  const cure = `set ${Object.values(VARIABLES).join(' and ')} to free ports`;
  throw new Problem({ code: 'ENVIRONMENT', message, cure });
}

/** The port if it can be listened on, else null. */
function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(null));
    probe.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      probe.close(() => resolve(port));
    });
  });
}
