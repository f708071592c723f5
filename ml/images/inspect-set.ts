/** Looks at all photos of a set, several at once, and keeps on disk what it found as it goes: whoever stops it goes on from there. */
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { AuditReport } from '../../configs/schema/audit.js';
import type { DatasetSettings } from '../../configs/schema/dataset.js';
import { Budget } from './budget.js';
import { PHOTOS_IN_FLIGHT } from './decode.js';
import { inspectPhoto, type Eye, type Inspection } from './inspect.js';
import { Inspections } from './inspections.js';
import type { FoundPhoto } from './scan.js';
import { AUDITED_SIDE, Segment, TILES_FOLDER } from './tiles.js';

/** Photos after which what was found is put on disk: an audit that is killed loses no more, or what it did in the time that {@link REST} saves take. */
const SAVED_EVERY = 1_000;
/** A save writes all that is known, so with many photos it takes long: it is made again when so many times its own duration has passed. */
const REST = 20;
/** Bytes of files, and of decoders, that photos in flight may take together. */
const HELD = 200e6;
const DECODING = 800e6;

export interface InspectSetOptions {
  /** Absolute project root. */
  readonly root: string;
  readonly settings: DatasetSettings;
  readonly mode: AuditReport['mode'];
  /** Called after each photo. */
  readonly onPhoto?: ((done: number, total: number) => void) | undefined;
  /** Told what kept something from being remembered. */
  readonly onForgetful: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** In the order of `photos`. @throws the signal's reason; what was found until then is kept. */
export async function inspectSet(photos: readonly FoundPhoto[], options: InspectSetOptions): Promise<Inspection[]> {
  const { root, settings, mode, onPhoto, onForgetful, signal } = options;
  const known = await Inspections.open({ root, limits: settings.photos, mode, tell: onForgetful });
  const squares = new Map<string, Buffer>();
  const keeper = new SquareKeeper(join(root, TILES_FOLDER), onForgetful);
  const eye: Eye = {
    mode,
    limits: settings.photos,
    known,
    held: new Budget(HELD),
    decoding: new Budget(DECODING),
    onSquare: (sha256, square) => squares.set(sha256, square),
  };
  const save = async (): Promise<number> => {
    const begun = performance.now();
    await keeper.save();
    await known.save();
    const now = performance.now();
    return now + REST * (now - begun);
  };
  const inspections: Inspection[] = [];
  const stream: AsyncIterable<Inspection> = Readable.from(photos).map((photo: FoundPhoto) => inspectPhoto(photo, eye), {
    concurrency: PHOTOS_IN_FLIGHT,
  });
  let nextSave = 0;
  try {
    for await (const inspection of stream) {
      signal?.throwIfAborted();
      await keeper.keep(inspection.sha256, squares);
      inspections.push(inspection);
      onPhoto?.(inspections.length, photos.length);
      if (known.unsaved >= SAVED_EVERY && performance.now() > nextSave) nextSave = await save();
    }
  } finally {
    // Photos behind the one that it stopped at were looked at as well.
    for (const sha256 of [...squares.keys()]) await keeper.keep(sha256, squares);
    await save();
    await keeper.close();
  }
  return inspections;
}

/** Writes squares in the photos' order, so that those of a new set are its cache already. Where they cannot be written it says so, once, and goes on. */
class SquareKeeper {
  private segment: Segment | null = null;
  private gaveUp = false;

  constructor(
    private readonly folder: string,
    private readonly tell: (message: string) => void,
  ) {}

  async keep(sha256: string | null, squares: Map<string, Buffer>): Promise<void> {
    const square = sha256 === null ? undefined : squares.get(sha256);
    if (sha256 === null || square === undefined) return;
    squares.delete(sha256);
    await this.trying(async () => {
      this.segment ??= await Segment.create(this.folder, AUDITED_SIDE);
      await this.segment.append(sha256, square);
    });
  }

  save(): Promise<void> {
    return this.trying(async () => this.segment?.save());
  }

  async close(): Promise<void> {
    await this.segment?.close();
  }

  private async trying(write: () => Promise<void>): Promise<void> {
    if (this.gaveUp) return;
    try {
      await write();
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      this.gaveUp = true;
      this.tell(`${TILES_FOLDER} cannot be written (${String(error.code)}): preprocess decodes the photos again`);
    }
  }
}
