/** The peers that we are measured against, in a Python environment of their own below `.emo-aen/bench`, pinned by version. */
import { execFile } from 'node:child_process';
import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writeFileAtomically } from '../ml/files/atomic.js';

const run = promisify(execFile);
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const PEERS = ['tensorflow-cpu==2.21.0'];

/** `python` is null where the peers cannot be installed, and `why` says so. */
export type Peer = { readonly python: string; readonly why: '' } | { readonly python: null; readonly why: string };

export async function peerPython(note: (text: string) => void): Promise<Peer> {
  const folder = join(PROJECT, '.emo-aen', 'bench', PEERS.join('+').replaceAll('=', '-'));
  const python = join(folder, 'bin', 'python');
  if (await exists(join(folder, 'complete'))) return { python, why: '' };
  note(`installing the peers: ${PEERS.join(', ')}`);
  try {
    await rm(folder, { recursive: true, force: true });
    await run('python3', ['-m', 'venv', folder]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PEERS], { maxBuffer: 1 << 24 });
    await writeFileAtomically(join(folder, 'complete'), '');
    return { python, why: '' };
  } catch (error) {
    return { python: null, why: `the peers could not be installed: ${error instanceof Error ? error.message : String(error)}` };
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
