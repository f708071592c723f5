/**
 * sha256 of files, without reading again what is surely the file that was read before (decision 0011).
 *
 * A file is taken for the one that was hashed while its size, its times of modification and change, its inode and its device are the
 * same to the nanosecond. The time of change decides: the system sets it at every write, truncation, rename and change of times, and
 * offers no call that sets it back. Two things would make it lie, and both are kept out:
 *
 * - Times are only as fine as the system's clock ticks, so a file that is written twice within a tick looks the same. A digest is
 *   remembered only of a file that had rested for {@link SETTLED_MS} when the reading began and that looks the same after it: the
 *   "racily clean" rule of git (Documentation/technical/racy-git.txt).
 * - Some file systems keep no such time, or serve it from a cache (FAT, FUSE, network shares). Only of files on those in
 *   {@link HONEST} anything is remembered; on all others every byte is read every time.
 *
 * What no time tells is a disk that gives back other bytes than were written, and a write through a memory map that is still open.
 * `emo-aen checklist` reads every byte again for that reason.
 */
import { open, stat, statfs } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { z } from 'zod';
import { hashFile } from './atomic.js';
import { Remembered } from './remembered.js';

export interface FileDigest {
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Age of a file's last change, in milliseconds of the system's clock, from which a second change cannot bear the same time. */
const SETTLED_MS = 2_000;

/** Linux' numbers (statfs(2)) of local file systems whose time of change is the kernel's own. */
const HONEST: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0xca451a4e, // bcachefs
  0xf2f52010, // F2FS
  0x2fc12fc1, // ZFS
  0x01021994, // tmpfs
  0x794c7630, // overlayfs
]);

/** What is remembered apart: `least` is the size in bytes under which a file is faster read than looked up. */
const STORES = {
  artifacts: { least: 1 << 20, most: 10_000 },
  photos: { least: 0, most: 500_000 },
  /** Of set-up's: only those of TensorFlow take longer to read than to look up. */
  libraries: { least: 8 << 20, most: 100 },
} as const;

/** How a file looked, and its sha256. */
const Known = z.tuple([z.string(), z.string()]);
type Known = z.infer<typeof Known>;

export interface DigestOptions {
  /** Absolute project root; the store lies in its `.emo-aen/cache`. */
  readonly root: string;
  readonly store: keyof typeof STORES;
  /** Told what kept the store from being read or written. */
  readonly tell: (message: string) => void;
}

export class Digests {
  private store: Promise<Remembered<Known>> | undefined;
  private readonly honest = new Map<bigint, Promise<boolean>>();

  constructor(private readonly options: DigestOptions) {}

  /** Of memory where it can be, else of every byte. @throws the system's error for what cannot be read. */
  async of(path: string): Promise<FileDigest> {
    return (await this.recall(path)) ?? (await this.remembering(path, () => hashFile(path))).digest;
  }

  /** Of memory alone; null where the file has to be read. @throws the system's error for what cannot be looked at. */
  async recall(path: string): Promise<FileDigest | null> {
    const look = await this.lookAt(path);
    if (!(await this.isWorthIt(path, look))) return null;
    const known = (await this.entries()).get(this.keyOf(path));
    return known?.[0] === look.identity ? { sha256: known[1], bytes: look.bytes } : null;
  }

  /**
   * What `read` makes of a file that it reads as a whole; `changed` where somebody wrote it meanwhile, so that what was read may be
   * neither what was there before nor what is there now.
   * @throws the system's error for what cannot be looked at, and what `read` throws
   */
  async read<Digest extends Pick<FileDigest, 'sha256'>>(
    path: string,
    read: () => Promise<Digest>,
  ): Promise<Digest & { readonly changed: boolean }> {
    const { digest, changed } = await this.remembering(path, read);
    return { ...digest, changed };
  }

  /** Keeps what was learned for the next process. */
  async save(): Promise<void> {
    await (await this.store)?.save();
  }

  private async remembering<Digest extends Pick<FileDigest, 'sha256'>>(
    path: string,
    read: () => Promise<Digest>,
  ): Promise<{ readonly digest: Digest; readonly changed: boolean }> {
    const began = Date.now();
    const before = await this.lookAt(path);
    const digest = await read();
    const after = await this.lookAt(path);
    const settled = began - before.changedMs >= SETTLED_MS && after.identity === before.identity;
    if (settled && (await this.isWorthIt(path, before))) (await this.entries()).set(this.keyOf(path), [before.identity, digest.sha256]);
    return { digest, changed: after.written !== before.written };
  }

  private async lookAt(path: string): Promise<Look> {
    const { size, mtimeNs, ctimeNs, ctimeMs, ino, dev } = await stat(path, { bigint: true });
    const written = [size, mtimeNs].join('-');
    return { identity: [written, ctimeNs, ino, dev].join('-'), written, bytes: Number(size), changedMs: Number(ctimeMs), device: dev };
  }

  /** False for a file that is faster read than looked up, or whose times say nothing. */
  private async isWorthIt(path: string, { bytes, device }: Look): Promise<boolean> {
    return bytes >= STORES[this.options.store].least && (await this.isHonest(path, device));
  }

  private isHonest(path: string, device: bigint): Promise<boolean> {
    const known = this.honest.get(device) ?? statfs(path).then(({ type }) => process.platform === 'linux' && HONEST.has(type >>> 0));
    this.honest.set(device, known);
    return known;
  }

  private entries(): Promise<Remembered<Known>> {
    const { root, store, tell } = this.options;
    return (this.store ??= Remembered.open({ root, file: `digests-${store}.json`, value: Known, most: STORES[store].most, tell }));
  }

  private keyOf(path: string): string {
    return relative(this.options.root, path).split(sep).join('/');
  }
}

interface Look {
  readonly identity: string;
  /** What changes with its content on every file system: size and time of modification. */
  readonly written: string;
  readonly bytes: number;
  /** Time of the last change, milliseconds since 1970. */
  readonly changedMs: number;
  readonly device: bigint;
}

/** What there is of the file, up to the memory's end. */
export async function readInto(memory: Buffer, path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    let done = 0;
    for (let bytes = -1; bytes !== 0 && done < memory.length; done += bytes) {
      bytes = (await file.read(memory, done, memory.length - done, done)).bytesRead;
    }
    return memory.subarray(0, done);
  } finally {
    await file.close();
  }
}
