/**
 * A file system under fire, for tests (SQLite's way). Two faults are made: the n-th changing call fails, and a power cut forgets what
 * was not fsynced. Functions of `node:fs/promises` are replaced for all modules, those of file handles on their prototype.
 */
import fs from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

type Call = (...args: unknown[]) => Promise<unknown>;
type Replaceable = Record<string, Call>;

/** Every call that changes the disk, or that opens what is then changed. */
const CHANGES = [
  'open',
  'rename',
  'mkdir',
  'rm',
  'rmdir',
  'symlink',
  'writeFile',
  'appendFile',
  'chmod',
  'truncate',
  'unlink',
  'copyFile',
] as const;
const HANDLE_CHANGES = ['writeFile', 'write', 'appendFile', 'sync', 'datasync', 'truncate', 'chmod'] as const;

/** Has `around` called in the place of every change of the disk below `folder`; gives what undoes that. */
async function intercept(
  folder: string,
  around: (name: string, path: string, args: readonly unknown[], call: () => Promise<unknown>) => Promise<unknown>,
): Promise<() => void> {
  const promises = fs.promises as unknown as Replaceable;
  const probe = await fs.promises.open(tmpdir());
  const prototype = Object.getPrototypeOf(probe) as Replaceable;
  await probe.close();
  const paths = new WeakMap<object, string>();
  const undo: (() => void)[] = [];
  const replace = (on: Replaceable, name: string, make: (original: Call) => Call): void => {
    const original = on[name] as Call;
    on[name] = make(original);
    undo.push(() => (on[name] = original));
  };
  for (const name of CHANGES)
    replace(promises, name, (original) => async (...args) => {
      const path = String(name === 'symlink' ? args[1] : args[0]);
      const inside = !relative(folder, path).startsWith('..');
      const call = (): Promise<unknown> => original.apply(promises, args);
      const result = await (inside ? around(name, path, args, call) : call());
      if (name === 'open' && inside) paths.set(result as object, path);
      return result;
    });
  for (const name of HANDLE_CHANGES)
    replace(
      prototype,
      name,
      (original) =>
        function (this: object, ...args) {
          const path = paths.get(this);
          const call = (): Promise<unknown> => original.apply(this, args);
          return path === undefined ? call() : around(`handle.${name}`, path, args, call);
        },
    );
  syncBuiltinESMExports();
  return () => {
    for (const back of undo) back();
    syncBuiltinESMExports();
  };
}

/** Codes of a disk that takes no more, and of one that refuses everything. */
type Code = 'ENOSPC' | 'EDQUOT' | 'EIO' | 'EACCES' | 'EPERM' | 'EROFS';

/**
 * Runs `write` again and again, each time in a fresh copy of `before`, with its n-th changing call failing with `code`, for every n
 * until none fails. `look` is called after each. Cleaning up may fail as well: a full disk stays full for the rest of the run with `lasting`.
 * @returns how many calls there were
 */
export async function failEverywhere(
  before: string,
  code: Code,
  { lasting }: { readonly lasting: boolean },
  write: (folder: string) => Promise<unknown>,
  look: (folder: string, failed: boolean) => Promise<void>,
): Promise<number> {
  for (let n = 1; ; n++) {
    const folder = await copyOf(before);
    let calls = 0;
    let struck = 0;
    const undo = await intercept(folder, (name, path, args, call) => {
      // What only reads or removes takes no space.
      const takesSpace =
        !(code === 'ENOSPC' || code === 'EDQUOT') ||
        !(name === 'rm' || name === 'chmod' || name === 'handle.chmod' || (name === 'open' && !opensToWrite(args)));
      if (!takesSpace) return call();
      calls++;
      if (calls !== n && !(lasting && calls > n)) return call();
      struck++;
      // As the system, which names no file where a handle of it is used.
      const named = name.startsWith('handle.') ? {} : { path };
      return Promise.reject(Object.assign(new Error(`${code}: made by the test, ${name} '${path}'`), { code, ...named }));
    });
    let failed = false;
    try {
      await write(folder);
    } catch {
      failed = true;
    } finally {
      undo();
    }
    await look(folder, failed);
    await rm(folder, { recursive: true, force: true });
    if (struck === 0) return n - 1;
  }
}

function opensToWrite([, flags = 'r']: readonly unknown[]): boolean {
  return typeof flags === 'string' ? /[wa+]/.test(flags) : (Number(flags) & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) !== 0;
}

/** A tree as it is on the disk: by name, the text of a file, the target of a link, or a folder. */
type Node =
  | { readonly kind: 'file'; text: Buffer }
  | { readonly kind: 'link'; readonly to: string }
  | { readonly kind: 'folder'; readonly entries: Map<string, Node> };

/**
 * Runs `write` once and notes its changes; then makes, for a power cut after each of them, the disk as it may be found: `strict` has of
 * files and folders only what was fsynced, `torn` has all names (the file system wrote them early) but of files only what was fsynced.
 * `look` is called with each, and told whether `write` had ended.
 */
export async function cutPowerEverywhere(
  before: string,
  write: (folder: string) => Promise<unknown>,
  look: (folder: string, ended: boolean) => Promise<void>,
): Promise<number> {
  const folder = await copyOf(before);
  const states: { readonly strict: Node; readonly torn: Node }[] = [];
  const durable = new Map<string, Buffer>(); // by inode: bytes at the last fsync
  const listed = new Map<string, Map<string, string>>(); // by inode of a folder: name -> inode at its last fsync
  const kinds = new Map<string, { kind: 'file' | 'folder' } | { kind: 'link'; to: string }>();
  await survey(
    folder,
    kinds,
    (inode, bytes) => durable.set(inode, bytes),
    (inode, names) => listed.set(inode, names),
  );
  const note = async (): Promise<void> => {
    const now = new Map<string, Map<string, string>>();
    const root = await survey(
      folder,
      kinds,
      () => undefined,
      (inode, names) => now.set(inode, names),
    );
    states.push({ strict: tree(root, listed, durable, kinds), torn: tree(root, now, durable, kinds) });
  };
  const undo = await intercept(folder, async (name, path, _args, call) => {
    const result = await call();
    if (name === 'handle.sync' || name === 'handle.datasync') {
      const facts = await fs.promises.lstat(path).catch(() => null);
      if (facts?.isFile() === true) durable.set(String(facts.ino), await fs.promises.readFile(path));
      if (facts?.isDirectory() === true) {
        const names = new Map<string, string>();
        for (const entry of await readdir(path)) names.set(entry, String((await fs.promises.lstat(join(path, entry))).ino));
        listed.set(String(facts.ino), names);
      }
    }
    await note();
    return result;
  });
  try {
    await note();
    await write(folder);
  } finally {
    undo();
  }
  await note();
  await rm(folder, { recursive: true, force: true });
  for (const [index, state] of states.entries())
    for (const found of [state.strict, state.torn]) {
      const place = await mkdtemp(join(tmpdir(), 'emo-aen-cut-'));
      await materialise(found, place);
      await look(place, index === states.length - 1);
      await rm(place, { recursive: true, force: true });
    }
  return states.length;
}

async function survey(
  path: string,
  kinds: Map<string, { kind: 'file' | 'folder' } | { kind: 'link'; to: string }>,
  onFile: (inode: string, bytes: Buffer) => void,
  onFolder: (inode: string, names: Map<string, string>) => void,
): Promise<string> {
  const facts = await fs.promises.lstat(path);
  const inode = String(facts.ino);
  if (facts.isSymbolicLink()) kinds.set(inode, { kind: 'link', to: await fs.promises.readlink(path) });
  else if (facts.isDirectory()) {
    kinds.set(inode, { kind: 'folder' });
    const names = new Map<string, string>();
    for (const name of await readdir(path)) names.set(name, await survey(join(path, name), kinds, onFile, onFolder));
    onFolder(inode, names);
  } else {
    kinds.set(inode, { kind: 'file' });
    onFile(inode, await fs.promises.readFile(path));
  }
  return inode;
}

/** A copy of what the maps say now: they change later. */
function tree(
  inode: string,
  names: ReadonlyMap<string, ReadonlyMap<string, string>>,
  bytes: ReadonlyMap<string, Buffer>,
  kinds: ReadonlyMap<string, { kind: 'file' | 'folder' } | { kind: 'link'; to: string }>,
): Node {
  const kind = kinds.get(inode);
  if (kind?.kind === 'link') return kind;
  if (kind?.kind === 'file') return { kind: 'file', text: bytes.get(inode) ?? Buffer.alloc(0) };
  return {
    kind: 'folder',
    entries: new Map([...(names.get(inode) ?? [])].map(([name, child]) => [name, tree(child, names, bytes, kinds)])),
  };
}

async function materialise(node: Node, path: string): Promise<void> {
  if (node.kind === 'link') return fs.promises.symlink(node.to, path);
  if (node.kind === 'file') return fs.promises.writeFile(path, node.text);
  await mkdir(path, { recursive: true });
  for (const [name, child] of node.entries) await materialise(child, join(path, name));
}

async function copyOf(before: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'emo-aen-fire-'));
  await cp(before, folder, { recursive: true, verbatimSymlinks: true });
  return folder;
}
