/** A project whose pipelines are a story's DAG, its command line, and its processes. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { CLONE } from '../../../configs/load/installation.js';
import { endProcess } from '../../../workers/processes/identity.js';
import { findRunning } from '../../../workers/processes/record.js';
import type { DrawnTask, Process } from './story.js';

const STEP = fileURLToPath(new URL('../../../../test/chaos/orchestrate/step', import.meta.url));
const PROGRAM = join(CLONE, 'bin', 'emo-aen.cjs');

export interface Said {
  /** Null where it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is typed. */
export interface Typing {
  /** After which it is killed; null: never. */
  readonly killMs?: number | null;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** A program and its arguments that start it: `setpriv --reuid 65534`. */
  readonly through?: readonly string[];
}

export class Project {
  private constructor(
    readonly root: string,
    /** What its commands find in their environment besides ours. */
    readonly env: Readonly<Record<string, string>>,
  ) {}

  static async make(root: string, env: Readonly<Record<string, string>> = {}): Promise<Project> {
    await mkdir(join(root, 'configs'), { recursive: true });
    await cp(STEP, join(root, 'activities', 'step'), { recursive: true });
    await mkdir(join(root, 'node_modules'));
    await symlink(CLONE, join(root, 'node_modules', 'emo-aen'));
    return new Project(root, env);
  }

  /** @returns the pipeline's file */
  async declare(name: string, tasks: readonly DrawnTask[]): Promise<string> {
    const file = `configs/${name}.yaml`;
    const optional = new Set(tasks.filter((task) => task.optional).map((task) => task.name));
    const declared = tasks.map((task): [string, object] => [task.name, declaration(task, optional)]);
    const pipeline = {
      version: 1,
      name,
      defaults: { heartbeat: '2s', retry: { attempts: 4, backoff: '200ms' } },
      tasks: Object.fromEntries(declared),
    };
    await writeFile(join(this.root, file), stringify(pipeline));
    return file;
  }

  /** Types a command and waits for its end. */
  async type(words: readonly string[], { killMs = null, env = {}, through = [] }: Typing = {}): Promise<Said> {
    const child = this.start(words, { env, through });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    const killer = killMs === null ? undefined : setTimeout(() => child.kill('SIGKILL'), killMs);
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    clearTimeout(killer);
    return { code, stdout, stderr };
  }

  /** Types a command and does not wait for it. */
  start(words: readonly string[], { env = {}, through = [] }: Omit<Typing, 'killMs'> = {}): ChildProcessByStdio<null, Readable, Readable> {
    const [program = '', ...args] = [...through, process.execPath, PROGRAM, ...words, '--root', this.root];
    return spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...this.env, ...env } });
  }

  async kill(name: Process): Promise<void> {
    const record = await findRunning(this.root, name);
    if (record !== null) process.kill(record.process.pid, 'SIGKILL');
  }

  async end(name: Process): Promise<void> {
    const record = await findRunning(this.root, name);
    if (record !== null) await endProcess(record.process, 8_000);
  }
}

function declaration(
  { name: _, needs, queue, ms, fails, times, optional, approval, failFast = false }: DrawnTask,
  optionals: ReadonlySet<string>,
) {
  const from = needs
    .filter((need) => !optionals.has(need))
    .map((need): [string, string] => [`step.from.${need}`, `\${tasks.${need}.outputs.step}`]);
  return {
    stage: 1,
    uses: 'step',
    needs: [...needs],
    queue,
    set: { 'step.ms': ms, 'step.fails': fails, 'step.times': times, ...Object.fromEntries(from) },
    ...(optional ? { optional } : {}),
    ...(approval ? { approval: 'look at it' } : {}),
    ...(failFast ? { onFailure: 'fail-fast' } : {}),
  };
}

/** The answer of a command that must succeed. */
export function insist(said: Said): Said {
  if (said.code === 0) return said;
  throw new Error(`a command that must succeed ended with ${String(said.code)}: ${said.stderr}`);
}
