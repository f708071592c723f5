/**
 * Squares of photos by the photo's content, so that no photo is decoded twice: what an audit decoded is what training reads.
 *
 * A tile file is squares one behind the other, `size * size * 3` bytes each, with a sidecar beside it that says whose they are: for each row
 * the sha256 of the photo and of the square. There are two kinds: the packs that training reads (pack.ts), and the segments that an
 * audit writes as it goes. A segment is only appended to, and its sidecar is written after its rows are on the disk, so an audit that is
 * killed leaves a shorter segment and never a wrong one. Every square is held against its hash when it is read: one that is damaged, or
 * whose file is gone, counts as not there, and the photo is decoded again.
 */
import { createHash, randomBytes } from 'node:crypto';
import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { z } from 'zod';
import { isAbout } from '../../configs/problem.js';
import { fromSystemError } from '../../configs/system-error.js';
import { writeFileAtomically } from '../files/atomic.js';
import { makeFolder } from '../files/folders.js';
import { LONGEST_TEXT, readRecord } from '../files/record.js';
import { LIBJPEG } from './decoder.js';
import { HASHED_SIDE } from './photo-hashes.js';

/** Raise it when the same photo would be decoded to other bytes. */
const DECODING = 2;
/** What decides a square beside the photo and the size. */
export const DECODER = `${DECODING} ${LIBJPEG} vips ${sharp.versions.vips}`;

/** Side of the squares that an audit makes and hashes, in pixels: what stage 3 resizes to unless its settings say otherwise. */
export const AUDITED_SIDE = HASHED_SIDE;

/** Where squares are kept, relative to the project root. */
export const TILES_FOLDER = '.emo-aen/cache/photos';

/** sha256 of the photo, and the start of the sha256 of its square. */
const Row = z.tuple([z.string(), z.string()]);
export type TileRow = z.infer<typeof Row>;

const Sidecar = z.object({ version: z.literal(1), decoder: z.string(), size: z.int(), rows: z.array(Row) });

export const tileDigest = (square: Uint8Array): string => createHash('sha256').update(square).digest('hex').slice(0, 16);
export const tileBytes = (size: number): number => size * size * 3;
const sidecarOf = (file: string): string => `${file}.rows.json`;
const SIDECAR = /^(?<file>(?:photos|segment)-.*\.bin)\.rows\.json$/;
const isSegment = (file: string): boolean => file.startsWith('segment-');

/** Says whose squares a tile file holds; the file itself is on the disk by then. */
export async function writeRows(path: string, size: number, rows: readonly TileRow[]): Promise<void> {
  const sidecar = { version: 1, decoder: DECODER, size, rows: [...rows] } satisfies z.infer<typeof Sidecar>;
  await writeFileAtomically(sidecarOf(path), JSON.stringify(sidecar));
}

/** Squares of one audit, written as they come. */
export class Segment {
  private readonly rows: TileRow[] = [];
  private saved = 0;

  private constructor(
    private readonly path: string,
    private readonly size: number,
    private readonly file: FileHandle,
  ) {}

  /** @param folder absolute */
  static async create(folder: string, size: number): Promise<Segment> {
    const path = join(folder, `segment-${process.pid}-${randomBytes(4).toString('hex')}.bin`);
    try {
      await makeFolder(folder);
      return new Segment(path, size, await open(path, 'wx', 0o600));
    } catch (error) {
      throw fromSystemError(error, path);
    }
  }

  /** @param digest of the square, where it is known. @throws Problem DISK_FULL. */
  async append(photo: string, square: Uint8Array, digest = tileDigest(square)): Promise<void> {
    try {
      await this.file.writeFile(square);
    } catch (error) {
      throw fromSystemError(error, this.path);
    }
    this.rows.push([photo, digest]);
  }

  /** What was appended so far lasts through a power cut from here on. */
  async save(): Promise<void> {
    if (this.saved === this.rows.length) return;
    await this.file.sync();
    await writeRows(this.path, this.size, this.rows);
    this.saved = this.rows.length;
  }

  async close(): Promise<void> {
    await this.file.close();
    if (this.rows.length === 0) await rm(this.path, { force: true });
  }
}

interface Place {
  readonly path: string;
  readonly row: number;
  readonly digest: string;
}

/** A tile file that is there, whole or in part. */
export interface TileFile {
  readonly path: string;
  readonly rows: readonly TileRow[];
  readonly segment: boolean;
}

export class Tiles {
  private readonly places = new Map<string, Place>();
  private readonly handles = new Map<string, Promise<FileHandle | null>>();

  private constructor(
    private readonly size: number,
    readonly files: readonly TileFile[],
  ) {
    for (const { path, rows } of files) rows.forEach(([photo, digest], row) => this.places.set(photo, { path, row, digest }));
  }

  /** All squares of this size and decoder below `folder` (absolute); a sidecar that cannot be read counts as none. */
  static async open(folder: string, size: number): Promise<Tiles> {
    const names = await readdir(folder).catch((error: unknown) => {
      if (isAbout(error, 'ENOENT')) return [];
      throw fromSystemError(error, folder);
    });
    const files: TileFile[] = [];
    for (const name of names.sort()) {
      const file = SIDECAR.exec(name)?.groups?.file;
      const rows = file === undefined ? null : await rowsOf(join(folder, file), size);
      if (file !== undefined && rows !== null) files.push({ path: join(folder, file), rows, segment: isSegment(file) });
    }
    return new Tiles(size, files);
  }

  has(photo: string): boolean {
    return this.places.has(photo);
  }

  /** The square of a photo by its sha256; null where there is none, or none that holds. */
  async read(photo: string): Promise<Buffer | null> {
    const place = this.places.get(photo);
    const file = place === undefined ? null : await this.handleOf(place.path);
    if (place === undefined || file === null) return null;
    const square = Buffer.allocUnsafe(tileBytes(this.size));
    const { bytesRead } = await file.read(square, 0, square.length, place.row * square.length);
    return bytesRead === square.length && tileDigest(square) === place.digest ? square : null;
  }

  async close(): Promise<void> {
    for (const opening of this.handles.values()) await (await opening.catch(() => null))?.close(); // whoever read it was told why it did not open
    this.handles.clear();
  }

  /** Opened once, also where several squares of it are asked for at the same time. */
  private handleOf(path: string): Promise<FileHandle | null> {
    const known = this.handles.get(path);
    if (known !== undefined) return known;
    const opening = open(path, 'r').catch((error: unknown) => {
      if (isAbout(error, 'ENOENT', 'EACCES')) return null;
      throw fromSystemError(error, path);
    });
    this.handles.set(path, opening);
    return opening;
  }
}

export async function removeTileFile({ path }: TileFile): Promise<void> {
  await rm(sidecarOf(path), { force: true });
  await rm(path, { force: true });
}

async function rowsOf(path: string, size: number): Promise<readonly TileRow[] | null> {
  const found = await readRecord(sidecarOf(path), Sidecar, LONGEST_TEXT).catch((error: unknown) => {
    if (isAbout(error, 'EACCES')) return null;
    throw fromSystemError(error, path);
  });
  if (found?.is !== 'sound') return null;
  const { decoder, size: side, rows } = found.value;
  return decoder === DECODER && side === size ? rows : null;
}
