/**
 * A small disk to fill: a tmpfs in a mount namespace of its own, kept by a process that does nothing else and reached through that
 * process' root. Needs no rights, is in nobody's way, and is gone with the process: there is nothing to unmount.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  /** Absolute; as good as any folder, but only while the disk is open. */
  readonly path: string;
  /** Takes up all that is free but `leave` bytes, rounded down to whole pages. */
  fill(leave: number): Promise<void>;
  /** Gives back what {@link fill} took. */
  empty(): void;
  close(): Promise<void>;
}

/** Without rights where the kernel lets anybody make a namespace, else as root. */
const UNSHARE = [['--user', '--map-root-user', '--mount'], ['--mount']] as const;
const MOUNT = 'mount -t tmpfs -o size="$1" none "$2" && echo mounted && exec cat';
const CHUNK = Buffer.alloc(1 << 20);

/** A disk of `bytes`, or why there can be none on this machine. */
export async function smallDisk(bytes: number): Promise<SmallDisk | string> {
  const point = await mkdtemp(join(tmpdir(), 'emo-aen-disk-'));
  const refusals: string[] = [];
  for (const how of UNSHARE) {
    const holder = spawn('unshare', [...how, 'sh', '-c', MOUNT, 'sh', String(bytes), point], { stdio: 'pipe' });
    const refusal = await mounted(holder);
    if (refusal === null) return disk(holder, point, bytes);
    refusals.push(`unshare ${how.join(' ')}: ${refusal}`);
  }
  await rm(point, { recursive: true });
  return `no mount namespace can be made here (${refusals.join('; ')})`;
}

/** Null once the disk is there, else what `unshare` or `mount` said. */
function mounted(holder: ChildProcess): Promise<string | null> {
  return new Promise((resolve) => {
    let complaint = '';
    holder.stderr?.on('data', (text: Buffer) => (complaint += text.toString()));
    holder.stdout?.once('data', () => resolve(null));
    holder.once('error', (error) => resolve(error.message));
    holder.once('close', (code) => resolve(complaint.trim() || `ended with ${code}`));
  });
}

async function disk(holder: ChildProcess, point: string, bytes: number): Promise<SmallDisk> {
  const path = `/proc/${holder.pid}/root${point}`;
  const ballast = join(path, 'ballast');
  const close = async (): Promise<void> => {
    const gone = once(holder, 'exit');
    holder.stdin?.end();
    await gone;
    await rm(point, { recursive: true });
  };
  const { blocks, bsize } = await statfs(path);
  if (blocks * bsize > 2 * bytes) {
    await close();
    throw new Error(`${path} is not the small disk: it has ${blocks * bsize} bytes`);
  }
  return {
    path,
    close,
    fill: async (leave) => {
      const { bavail, bsize } = await statfs(path);
      fillUp(ballast, bavail * bsize - Math.floor(leave / bsize) * bsize);
    },
    empty: () => rmSync(ballast, { force: true }),
  };
}

/** Makes the file so many bytes longer, or as many as go in: others may be writing too. */
function fillUp(file: string, bytes: number): void {
  const descriptor = openSync(file, 'a');
  try {
    for (let left = bytes; left > 0;) left -= writeSync(descriptor, CHUNK, 0, Math.min(left, CHUNK.length));
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOSPC') throw error;
  } finally {
    closeSync(descriptor);
  }
}
