/** `emo-aen serve` in a process of its own, on a free port. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { CLONE } from '../../configs/load/installation.js';

export interface Serving {
  /** With a `/` at its end. */
  readonly url: string;
  /** The whole answer of `--json`. */
  readonly answer: { readonly url: string; readonly host: string; readonly version: string | null };
  /** What it has said on stderr. */
  said(): string;
  /** Its exit code after this signal; null where the signal killed it. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

export async function serve(root: string, ...args: readonly string[]): Promise<Serving> {
  const words = [join(CLONE, 'bin', 'emo-aen.cjs'), 'serve', '--root', root, '--port', '0', '--json', ...args];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const answer = await firstDocument(child, () => said);
  return {
    url: answer.url,
    answer,
    said: () => said,
    end: async (signal: NodeJS.Signals = 'SIGTERM') => {
      if (child.exitCode !== null) return child.exitCode;
      const ended = once(child, 'exit');
      child.kill(signal);
      return ((await ended) as [number | null])[0];
    },
  };
}

/** The JSON document that it prints once it listens. */
async function firstDocument(child: ChildProcess, said: () => string): Promise<Serving['answer']> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (text.endsWith('}\n')) resolve(JSON.parse(text) as Serving['answer']);
    });
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${said()}${text}`)));
  });
}
