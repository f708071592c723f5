/**
 * A lock that cannot be left behind: flock(2) on a file of the person's own. The kernel frees it when its last holder ends, however
 * it ends, and it holds between containers that share the folder. The lock belongs to the open file, so a child that inherits the
 * descriptor keeps it: after a kill -9, work that still goes on is not run into.
 *
 * Node has no flock, so a small program takes the lock on the descriptor that it inherits, and ends; the lock stays with us.
 * The file says who holds the lock. That is for people: whether somebody holds it, only the kernel knows. The file is never removed,
 * since two processes could then lock two files of one name.
 */
import { spawn } from 'node:child_process';
import { constants, readFileSync, readlinkSync } from 'node:fs';
import { chmod, mkdir, open, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname } from 'node:path';
import { SetupFailure } from './failure.mjs';
import { readJson } from './json-file.mjs';

/** Exit code of a helper that did not get the lock in time. */
const HELD = 75;
const BY_PYTHON = `
import fcntl, signal, sys
limit = int(sys.argv[1])
signal.signal(signal.SIGALRM, lambda *_: sys.exit(${HELD}))
signal.alarm(limit)
try: fcntl.flock(3, fcntl.LOCK_EX | (0 if limit else fcntl.LOCK_NB))
except BlockingIOError: sys.exit(${HELD})
`;

/**
 * @typedef {object} Owner who holds a lock
 * @property {number} pid in its own pid namespace
 * @property {string} start ticks since boot at which the process began, as /proc has them
 * @property {string} boot the kernel's boot id
 * @property {string} namespace the pid namespace
 * @property {string} host
 * @property {string} command
 * @property {string} since ISO 8601, UTC
 */

/**
 * @typedef {object} LockOptions
 * @property {number} [waitSeconds] how long to wait for another holder, 0 to 86400; 60 unless said otherwise
 * @property {() => void} [onWait] called once if somebody else holds it
 * @property {AbortSignal} [signal] ends the waiting
 */

/**
 * Waits until the lock is free, runs `body` and frees it again.
 * @template T
 * @param {string} path of the lock's file; its folder is made, for this account alone, where it is absent
 * @param {(descriptor: number) => Promise<T>} body gets the descriptor to hand to children that must keep the lock
 * @param {LockOptions} [options]
 * @returns {Promise<T>}
 * @throws {SetupFailure} where another process still holds it at the end of the time, and names that process
 */
export async function withLock(path, body, options = {}) {
  const held = await takeLock(path, options);
  try {
    await held.say(ownerNow());
    return await body(held.descriptor);
  } finally {
    await held.leave();
  }
}

/**
 * Takes the lock and keeps it until `leave`, or until every process that inherited the descriptor has ended.
 * @param {string} path
 * @param {LockOptions} [options]
 * @returns {Promise<{ descriptor: number, say: (owner: Owner) => Promise<void>, leave: () => Promise<void> }>}
 * @throws {SetupFailure} as {@link withLock}
 */
export async function takeLock(path, { waitSeconds = 60, onWait, signal } = {}) {
  await ownFolder(dirname(path));
  const file = await openOwn(path);
  try {
    if (!(await flock(file.fd, 0, signal))) {
      onWait?.();
      if (waitSeconds === 0 || !(await flock(file.fd, waitSeconds, signal))) throw heldBy(path, await ownerOf(path), waitSeconds);
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  /** @param {Owner} owner */
  const say = async (owner) => {
    const text = `${JSON.stringify(owner)}\n`;
    await file.truncate(0);
    await file.write(text, 0);
  };
  return { descriptor: file.fd, say, leave: () => file.close() };
}

/**
 * Whether some process holds the lock now.
 * @param {string} path
 */
export async function isHeld(path) {
  const file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW).catch((error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (file === null) return false;
  try {
    return !(await flock(file.fd, 0));
  } finally {
    await file.close();
  }
}

/** Who holds the lock, or held it last; null where the file does not say. @param {string} path @returns {Promise<Owner | null>} */
export async function ownerOf(path) {
  const said = await readJson(path);
  const sound =
    said !== null &&
    Number.isInteger(said['pid']) &&
    ['start', 'boot', 'namespace', 'host', 'command', 'since'].every((name) => typeof said[name] === 'string');
  return sound ? /** @type {Owner} */ (/** @type {unknown} */ (said)) : null;
}

/** @returns {Owner} */
export function ownerNow() {
  const command = [basename(process.argv[1] ?? 'node'), ...process.argv.slice(2, 3)].join(' ');
  return { pid: process.pid, start: startOf('self'), ...surroundings(), command, since: new Date().toISOString() };
}

/** What a pid means here, and nowhere else: this boot, this pid namespace, this host. */
export function surroundings() {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return { boot, namespace: readlinkSync('/proc/self/ns/pid'), host: hostname() };
}

/** @param {number | 'self'} pid */
function startOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in parentheses, which may hold spaces and parentheses: count from the last one.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/** @param {string} path @param {Owner | null} owner @param {number} waited */
function heldBy(path, owner, waited) {
  const after = waited === 0 ? '' : ` after ${waited} s`;
  if (owner === null)
    return new SetupFailure(`another process still holds ${path}${after}`, `fuser ${path} names the process; end it, then do this again`);
  const { pid, host, command, since, boot, namespace } = owner;
  const here = surroundings();
  const near = here.boot === boot && here.namespace === namespace;
  const where = near ? '' : `, in another container or on another machine (host ${host})`;
  const cure = near ? `wait for it, or end it: kill ${pid}` : `wait for it, or end it there: kill ${pid}`;
  return new SetupFailure(`"${command}" (pid ${pid}, since ${since}${where}), or a child of it, still holds ${path}${after}`, cure);
}

/** In a folder of another account, or one in which every account may write, that account could take the lock for ever. @param {string} folder */
async function ownFolder(folder) {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = await stat(folder);
  insistOnOwner(folder, uid);
  if ((mode & 0o002) !== 0) await chmod(folder, mode & 0o775);
}

/** @param {string} path */
async function openOwn(path) {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600).catch((error) => {
    if (!['EACCES', 'EPERM', 'EISDIR', 'ELOOP', 'EROFS'].includes(error.code)) throw error;
    throw new SetupFailure(
      `the lock file ${path} cannot be opened (${error.code})`,
      `ls -ld ${path} shows what stands there, and whose it is`,
    );
  });
  try {
    const { uid, mode } = await file.stat();
    insistOnOwner(path, uid);
    if ((mode & 0o077) !== 0) await file.chmod(0o600);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** @param {string} path @param {number} uid */
function insistOnOwner(path, uid) {
  const own = process.getuid?.();
  if (own === uid || own === 0) return;
  throw new SetupFailure(
    `${path} belongs to the account with uid ${uid}, so this account (uid ${own}) takes no lock there`,
    `use the account that it belongs to, or: sudo chown -R "$(id -u)" ${path}`,
  );
}

/**
 * Takes the lock on an open file for all who share it. Waits in the helper, so nothing polls.
 * @param {number} descriptor
 * @param {number} seconds 0: do not wait
 * @param {AbortSignal} [signal]
 */
export async function flock(descriptor, seconds, signal) {
  const wait = seconds === 0 ? ['-n'] : ['-w', String(seconds)];
  const answers = [];
  for (const [program, args] of /** @type {[string, string[]][]} */ ([
    ['flock', ['-x', ...wait, '-E', String(HELD), '3']],
    ['python3', ['-I', '-c', BY_PYTHON, String(seconds)]],
  ])) {
    const { code, words } = await helped(program, args, descriptor, signal);
    if (code === 0 || code === HELD) return code === 0;
    answers.push(`${program}: ${words}`);
  }
  throw new SetupFailure(
    `no lock can be taken: ${answers.join('; ')}`,
    'install util-linux, whose program flock takes it; on a network file system, use a local folder',
  );
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {number} descriptor
 * @param {AbortSignal} [signal]
 * @returns {Promise<{ code: number | null, words: string }>}
 */
function helped(program, args, descriptor, signal) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe', descriptor], ...(signal === undefined ? {} : { signal }) });
    let words = '';
    child.stderr?.setEncoding('utf8').on('data', (text) => (words += text));
    child.on('error', (error) => (error.name === 'AbortError' ? reject(error) : resolve({ code: null, words: error.message })));
    child.on('close', (code, killed) => resolve({ code, words: words.trim() || String(killed ?? `exit code ${code}`) }));
  });
}
