/** What git knows of a project's files. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';

const LIMIT_MS = 30_000;
const LARGEST = 64 << 20;

/** What HEAD holds under a path: its bytes and their hash; `fault` says in words why it holds nothing. */
export type Committed = { readonly text: string; readonly sha256: string } | { readonly fault: string };

/** @param path relative to `root`, which is in a work tree but need not be its top. */
export async function committed(root: string, path: string): Promise<Committed> {
  const inside = await git(root, ['rev-parse', '--is-inside-work-tree']);
  if ('fault' in inside) return { fault: inside.missing ? 'git is not installed: install it' : NO_REPOSITORY(inside.fault) };
  const tracked = await git(root, ['--literal-pathspecs', 'ls-files', '--error-unmatch', '--', path]);
  if ('fault' in tracked) return { fault: `${path} is not tracked by git: git add ${path} && git commit` };
  const blob = await git(root, ['cat-file', 'blob', `HEAD:./${path}`]);
  if ('fault' in blob) return { fault: `${path} was added and not committed: git commit` };
  return { text: blob.output.toString('utf8'), sha256: createHash('sha256').update(blob.output).digest('hex') };
}

/** The commit that HEAD is; null where there is none. */
export async function headCommit(root: string): Promise<string | null> {
  const head = await git(root, ['rev-parse', '--verify', 'HEAD']);
  return 'fault' in head ? null : head.output.toString('utf8').trim();
}

const NO_REPOSITORY = (reason: string): string =>
  /not a git repository/.test(reason)
    ? 'the project is not in a git repository: git init && git add . && git commit'
    : `git cannot read the repository: ${reason}`;

type Answer = { readonly output: Buffer } | { readonly fault: string; readonly missing: boolean };

async function git(root: string, args: readonly string[]): Promise<Answer> {
  try {
    const options = { cwd: root, encoding: 'buffer', timeout: LIMIT_MS, maxBuffer: LARGEST, env: environment() } as const;
    const { stdout } = await promisify(execFile)('git', args, options);
    return { output: stdout };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { stderr, code } = error as Error & { stderr?: Buffer; code?: unknown };
    const fault = stderr?.toString('utf8').trim().split('\n')[0] ?? '';
    return { fault: fault === '' ? error.message : fault, missing: code === 'ENOENT' };
  }
}

/** A hook's variables would name another repository, another language another message. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX|COMMON_DIR)$/.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' };
}
