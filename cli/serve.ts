/** `emo-aen serve`: the page that ranks photos in a browser, with the published model. */
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { isIP, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import type { Server } from 'node:http';
import { InvalidArgumentError } from 'commander';
import { isAbout, Problem } from '../configs/problem.js';
import { MANIFEST } from '../ml/bundle/layout.js';
import { readManifest } from '../ml/bundle/read.js';
import { action, command, withExamples, type Terminal } from './command.js';
import { interruptible, whenAborted } from './interruption.js';
import { SITE } from './serve/built.js';
import { siteServer } from './serve/site.js';

interface ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly model?: string;
}

const DEFAULT_PORT = 8470;
const HIGHEST_PORT = 65535;
const LOOPBACK = ['localhost', '127.0.0.1', '::1'];

export const serveCommand = command('serve', 'serve the page that ranks photos in a browser, with the published model, until interrupted')
  .option('--port <n>', 'port to listen on; 0: one that is free', port, DEFAULT_PORT)
  .option('--host <host>', 'address to listen on; the default is reached from this machine only', '127.0.0.1')
  .option('--model <dir>', 'folder of the published bundle (default: models in the project root)')
  .action(
    action<ServeOptions>(async (terminal, { port, host, model }) => {
      await insistOnSite();
      const bundle = model === undefined ? join(terminal.root, 'models') : resolve(model);
      const server = siteServer({ site: SITE, bundle }, (error) => terminal.note(`error: ${String(error)}`), [host]);
      const url = await listen(server, port, host);
      const version = await publishedVersion(terminal, bundle);
      const what = version === null ? 'no model yet' : `model ${version}`;
      await interruptible(async (signal) => {
        terminal.answer({ url, host, bundle, version }, `${url} (${what}); Ctrl-C ends it`);
        if (!LOOPBACK.includes(host))
          terminal.note(`note: whoever reaches ${host} can open the page; browsers verify and keep files only by https or on this machine`);
        await whenAborted(signal);
      });
      server.close();
      server.closeAllConnections();
    }),
  );

withExamples(serveCommand, {
  'emo-aen serve': 'http://127.0.0.1:8470, from this machine only',
  'emo-aen serve --port 0 --json': 'on a free port, its address in a JSON document',
});

function port(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= HIGHEST_PORT) return number;
  throw new InvalidArgumentError(`a whole number from 0 to ${HIGHEST_PORT} is needed`);
}

async function insistOnSite(): Promise<void> {
  const found = await stat(join(SITE, 'index.html')).catch(() => null);
  if (found !== null) return;
  throw new Problem({ code: 'ENVIRONMENT', message: 'the page is not built', where: SITE, cure: 'npm run build' });
}

/** The address to open. */
async function listen(server: Server, port: number, host: string): Promise<string> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    throw notListening(cause, port, host);
  }
  const { port: taken } = server.address() as AddressInfo;
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${taken}/`;
}

function notListening(cause: unknown, port: number, host: string): unknown {
  const where = `${host}:${port}`;
  if (isAbout(cause, 'EADDRINUSE'))
    return new Problem({
      code: 'CONFLICT',
      message: 'something listens on this port already',
      where,
      cure: 'name another, or --port 0',
      cause,
    });
  if (isAbout(cause, 'EACCES'))
    return new Problem({ code: 'USAGE', message: 'this port needs rights that you lack', where, cure: 'name one from 1024 on', cause });
  if (isAbout(cause, 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'))
    return new Problem({ code: 'USAGE', message: 'this machine has no such address', where, cure: 'leave --host out', cause });
  return cause;
}

/** Of the model that the page will find now; null, and told, where it will find none. It looks again whenever it is loaded. */
async function publishedVersion(terminal: Terminal, bundle: string): Promise<string | null> {
  try {
    return (await readManifest(bundle)).version;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    terminal.note(`note: ${error.describe()}`);
    terminal.note(`note: the page will say so too; load it again once ${join(bundle, MANIFEST)} is there`);
    return null;
  }
}
