/** Ports on loopback for the embedded server: those that are set, else those of last time while they are free, else free ones. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { Problem } from '../../configs/problem.js';
import { writeJsonAtomically } from '../../ml/files/atomic.js';

export const LOOPBACK = '127.0.0.1';

/** `frontend` speaks gRPC to clients and workers, `ui` HTTP to browsers. */
export const Ports = z.object({ frontend: z.int().min(1).max(65_535), ui: z.int().min(1).max(65_535) });
export type Ports = z.infer<typeof Ports>;

const VARIABLES: Readonly<Record<keyof Ports, string>> = { frontend: 'EMO_AEN_TEMPORAL_PORT', ui: 'EMO_AEN_UI_PORT' };

type Environment = Readonly<Record<string, string | undefined>>;

function portsPath(root: string): string {
  return join(root, '.emo-aen', 'ports.json');
}

/** The ports that the server of this project was last given; null if it never had any. */
export async function lastPorts(root: string): Promise<Ports | null> {
  const text = await readFile(portsPath(root), 'utf8').catch(() => null);
  return text === null ? null : (Ports.safeParse(JSON.parse(text)).data ?? null);
}

/**
 * Chooses both ports and writes them down for the next time.
 * @throws Problem CONFIGURATION where a variable is no port, CONFLICT where the port it names is in use.
 */
export async function choosePorts(root: string, env: Environment): Promise<Ports> {
  const last = await lastPorts(root);
  const frontend = await choosePort('frontend', env, last?.frontend);
  const ui = await choosePort('ui', env, last?.ui === frontend ? undefined : last?.ui);
  await writeJsonAtomically(portsPath(root), { frontend, ui });
  return { frontend, ui };
}

async function choosePort(which: keyof Ports, env: Environment, last: number | undefined): Promise<number> {
  const variable = VARIABLES[which];
  const set = env[variable];
  if (set === undefined || set === '') {
    const again = last === undefined ? null : await tryPort(last);
    return again ?? (await freePort());
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

async function freePort(): Promise<number> {
  const port = await tryPort(0);
  if (port === null)
    throw new Problem({ code: 'ENVIRONMENT', message: 'no free port on loopback', cure: 'end programs that hold many connections' });
  return port;
}

/** The port if it can be listened on (0: any that is free), else null. */
function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(null));
    probe.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      const address = probe.address();
      const found = typeof address === 'object' && address !== null ? address.port : null;
      probe.close(() => resolve(found));
    });
  });
}
