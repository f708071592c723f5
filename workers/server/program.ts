/** The Temporal CLI whose dev server is embedded: the one on PATH, else the one that set-up pinned. */
import { access, constants, stat } from 'node:fs/promises';
import { devNull } from 'node:os';
import { delimiter, join } from 'node:path';
import { readInstallation } from '../../configs/load/installation.js';
import { ATTRIBUTE_NAMES, ATTRIBUTE_TYPE } from '../../workflows/attribute-keys.js';
import { LOOPBACK, type Ports } from './ports.js';

/** `source` says which it is. @throws Problem ENVIRONMENT where there is none on PATH and this clone is not set up. */
export async function temporalProgram(path = process.env['PATH'] ?? ''): Promise<{ program: string; source: 'PATH' | 'set-up' }> {
  for (const folder of path.split(delimiter)) {
    const candidate = join(folder, 'temporal');
    if (folder !== '' && (await isProgram(candidate))) return { program: candidate, source: 'PATH' };
  }
  return { program: (await readInstallation()).temporal, source: 'set-up' };
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false; // not there, or not ours to run
  }
}

const UI_PORT = '--ui-port';

/** The server's history; relative to the project root. */
export const DATABASE = '.emo-aen/temporal.db';

/**
 * As it comes, the server looks for what is to be handed to workers 20 times a second, so that each task waits 40 ms for a worker that is idle,
 * and the workflow as long for the task's result. More often costs nothing where there is nothing to do: it looks only when told that there is.
 */
export const PROMPT_DISPATCH = ['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=1000'] as const;

/** The port of the Web UI of a server that runs with these arguments; null where it has none. */
export function uiPortOf({ args }: { readonly args: readonly string[] }): number | null {
  const at = args.indexOf(UI_PORT);
  return at === -1 ? null : Number(args[at + 1]);
}

/** The server's HTTP API cannot be turned off. No request can bear this host, so that it refuses all: web pages can send some too. */
const NO_HTTP_API = ['--dynamic-config-value', 'frontend.httpAllowedHosts=["no host"]'] as const;

/** The file in which a person keeps environments for the `temporal` command; it may be unreadable, and says nothing about this server. */
const NO_ENVIRONMENTS = ['--env-file', devNull] as const;

/**
 * The surroundings of the server. Variables of the `temporal` command are about other servers. An account without an entry in
 * /etc/passwd has neither a name nor a home, without which the program ends at once.
 */
export function serverEnvironment(root: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  return { USER: 'emo-aen', HOME: join(root, '.emo-aen'), ...Object.fromEntries(kept) };
}

/**
 * Arguments of a dev server that keeps its history and listens on loopback only. The folder of the database must exist. Its Web UI answers any
 * page that leads its own name to this machine, so there is one only where a person asked for it.
 */
export function serverArguments({ frontend, ui }: Ports, withUi: boolean): string[] {
  const web = withUi ? ['--ui-ip', LOOPBACK, UI_PORT, String(ui)] : ['--headless'];
  const network = ['--ip', LOOPBACK, '--port', String(frontend), ...web];
  const attributes = ATTRIBUTE_NAMES.flatMap((name) => ['--search-attribute', `${name}=${ATTRIBUTE_TYPE}`]);
  return [
    'server',
    'start-dev',
    ...NO_ENVIRONMENTS,
    '--db-filename',
    DATABASE,
    '--log-level',
    'warn',
    ...network,
    ...attributes,
    ...PROMPT_DISPATCH,
    ...NO_HTTP_API,
  ];
}
