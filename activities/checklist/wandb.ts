/** Runs the project's Python with W&B's own client, which logs exactly what it is given and nothing of this machine. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { CLONE } from '../../configs/load/installation.js';
import { cut } from '../../configs/cut.js';
import { Problem } from '../../configs/problem.js';
import { eachLine, listen, say } from '../../ml/processes/channel.js';
import { endDescendants, MARK } from '../../ml/processes/descendants.js';
import { hiderOf } from '../hide.js';

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
    const mark = randomUUID();
    const child = spawn(python, ['-I', SCRIPT], {
      env: { ...env, [MARK]: mark },
      cwd: request.folder,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const hide = hiderOf(new Map([['WANDB_API_KEY', env['WANDB_API_KEY'] ?? '']]));
    // With W&B's own service, which would go on uploading beside the next attempt.
    const end = (): void => {
      child.kill('SIGKILL');
      if (child.pid !== undefined) endDescendants(child.pid, mark, child.exitCode !== null || child.signalCode !== null);
    };
    signal.addEventListener('abort', end, { once: true });
    let broken: Error | undefined;
    const lines: string[] = [];
    let answer: z.infer<typeof Answer> = {};
    let silent = false;
    const watch = setTimeout(() => {
      silent = true;
      end();
    }, SILENCE_MS);
    listen(
      child.stdout,
      Answer,
      (said) => {
        watch.refresh();
        answer = said;
        if (said.done !== undefined) options.onRows(said.done);
      },
      (error) => {
        broken ??= error instanceof Error ? error : new Error(String(error));
        end();
      },
      hide,
    );
    eachLine(child.stderr, (line) => {
      lines.push(cut(hide(line)));
      if (lines.length > LINES_KEPT) lines.shift();
    });
    child.once('error', (error) => {
      clearTimeout(watch);
      reject(signal.aborted ? (signal.reason as Error) : failure(`${error.message}`, 'ENVIRONMENT'));
    });
    child.once('close', (code) => {
      clearTimeout(watch);
      signal.removeEventListener('abort', end);
      if (signal.aborted) reject(signal.reason as Error);
      else if (broken !== undefined) reject(broken);
      else if (answer.result !== undefined) resolve(answer.result);
      else if (answer.problem !== undefined) reject(failure(hide(answer.problem.message), answer.problem.code));
      else if (silent) reject(failure(`W&B gave no sign for ${SILENCE_MS / 1000} s`, 'UNREACHABLE'));
      else reject(failure(`W&B's client ended with exit code ${code}: ${lines.join(' | ')}`, 'ENVIRONMENT'));
    });
    child.stdin.on('error', () => undefined); // it has ended; how is told on close
    // It stays open: its end tells the process that the worker is gone.
    void say(child.stdin, request);
  });
}

const CURES = {
  UNREACHABLE: 'check the network, HTTPS_PROXY and WANDB_BASE_URL, or set archive.mode: offline',
  ENVIRONMENT: 'check WANDB_API_KEY and the project, or set archive.mode: offline; emo-aen doctor checks Python',
} as const;

function failure(message: string, code: keyof typeof CURES): Problem {
  return new Problem({ code, message, where: 'archive', cure: CURES[code] });
}
