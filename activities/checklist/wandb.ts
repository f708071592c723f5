/** Runs the project's Python with W&B's own client, which logs exactly what it is given and nothing of this machine. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { CLONE } from '../../configs/load/installation.js';
import { Problem } from '../../configs/problem.js';

export interface WandbRequest {
  readonly mode: 'online' | 'offline';
  readonly project: string;
  readonly run: string;
  readonly runId: string;
  /** Absolute path of the metrics file. */
  readonly metrics: string;
  /** Absolute folder, which exists, for what W&B writes. */
  readonly folder: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly summary: Readonly<Record<string, unknown>>;
  /** How long W&B's server may take until it holds every row. */
  readonly confirmSeconds: number;
}

export interface WandbOptions {
  /** The Python that has wandb. */
  readonly python: string;
  readonly signal: AbortSignal;
  /** Told how many rows are done. */
  readonly onRows: (done: number) => void;
  readonly env?: NodeJS.ProcessEnv;
}

const Result = z.object({ rows: z.int().nonnegative(), url: z.string().nullable() });
export type WandbResult = z.infer<typeof Result>;
const Answer = z.object({
  done: z.int().optional(),
  result: Result.optional(),
  problem: z.object({ code: z.enum(['UNREACHABLE', 'ENVIRONMENT']), message: z.string() }).optional(),
});

const SCRIPT = join(CLONE, 'activities', 'checklist', 'archive-logs.py');
/** Of W&B's variables these alone reach it: a WANDB_MODE=disabled of the shell must not decide what is archived. */
const ALLOWED = new Set(['WANDB_API_KEY', 'WANDB_BASE_URL', 'WANDB_ENTITY']);
const SILENCE_MS = 300_000;
const LINES_KEPT = 8;

/**
 * @throws Problem UNREACHABLE where W&B cannot be reached or does not answer in time, ENVIRONMENT where it refuses or Python
 *   fails, `signal.reason` when aborted.
 */
export async function runWandb(request: WandbRequest, options: WandbOptions): Promise<WandbResult> {
  const home = await mkdtemp(join(tmpdir(), 'emo-aen-wandb-'));
  try {
    return await converse(request, options, environmentOf(request, options.env ?? process.env, home));
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function environmentOf({ mode }: WandbRequest, env: NodeJS.ProcessEnv, home: string): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('WANDB_') || (mode === 'online' && ALLOWED.has(name)));
  return {
    ...Object.fromEntries(kept),
    WANDB_CONFIG_DIR: home,
    WANDB_CACHE_DIR: home,
    WANDB_DATA_DIR: home,
    WANDB_ARTIFACT_DIR: home,
    WANDB_ERROR_REPORTING: 'false',
  };
}

function converse(request: WandbRequest, options: WandbOptions, env: NodeJS.ProcessEnv): Promise<WandbResult> {
  const { signal, python } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(python, ['-I', SCRIPT], { env, cwd: request.folder, stdio: ['pipe', 'pipe', 'pipe'], signal });
    const lines: string[] = [];
    let answer: z.infer<typeof Answer> = {};
    let silent = false;
    const watch = setTimeout(() => {
      silent = true;
      child.kill('SIGKILL');
    }, SILENCE_MS);
    createInterface({ input: child.stdout }).on('line', (line) => {
      watch.refresh();
      answer = Answer.parse(JSON.parse(line));
      if (answer.done !== undefined) options.onRows(answer.done);
    });
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(withoutKey(line, env['WANDB_API_KEY']));
      if (lines.length > LINES_KEPT) lines.shift();
    });
    child.once('error', (error) => {
      clearTimeout(watch);
      reject(signal.aborted ? (signal.reason as Error) : failure(`${error.message}`, 'ENVIRONMENT'));
    });
    child.once('close', (code) => {
      clearTimeout(watch);
      if (signal.aborted) reject(signal.reason as Error);
      else if (answer.result !== undefined) resolve(answer.result);
      else if (answer.problem !== undefined) reject(failure(withoutKey(answer.problem.message, env['WANDB_API_KEY']), answer.problem.code));
      else if (silent) reject(failure(`W&B gave no sign for ${SILENCE_MS / 1000} s`, 'UNREACHABLE'));
      else reject(failure(`W&B's client ended with exit code ${code}: ${lines.join(' | ')}`, 'ENVIRONMENT'));
    });
    child.stdin.on('error', () => undefined); // it has ended; how is told on close
    child.stdin.end(JSON.stringify(request));
  });
}

const CURES = {
  UNREACHABLE: 'check the network, HTTPS_PROXY and WANDB_BASE_URL, or set archive.mode: offline',
  ENVIRONMENT: 'check WANDB_API_KEY and the project, or set archive.mode: offline; emo-aen doctor checks Python',
} as const;

function failure(message: string, code: keyof typeof CURES): Problem {
  return new Problem({ code, message, where: 'archive', cure: CURES[code] });
}

function withoutKey(text: string, key: string | undefined): string {
  return key === undefined || key === '' ? text : text.replaceAll(key, '<WANDB_API_KEY>');
}
