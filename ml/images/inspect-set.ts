/** Looks at all photos of a set, several at once, and keeps on disk what it found as it goes: whoever stops it goes on from there. */
import { join } from 'node:path';
import type { AuditReport } from '../../configs/schema/audit.js';
import type { DatasetSettings } from '../../configs/schema/dataset.js';
import { reasonOf } from '../../configs/system-error.js';
import { PHOTOS_UNDER_WAY } from './decoders/at-once.js';
import { Budget } from './decoders/budget.js';
import { withDecoders, type Decoders } from './decoders/decoders.js';
import { inFlight } from './in-flight.js';
import { inspectPhoto, type Eye, type Inspection } from './inspect.js';
import { Inspections } from './inspections.js';
import type { Looked } from './look.js';
import type { FoundPhoto } from './scan.js';
import { AUDITED_SIDE, Segment, TILES_FOLDER } from './tiles.js';
import { Waits, type OnWaiting } from './waits.js';

/** Photos after which what was found is put on disk: an audit that is killed loses no more, or what it did in the time that {@link REST} saves take. */
const SAVED_EVERY = 1_000;
/** A save writes all that is known, so with many photos it takes long: it is made again when so many times its own duration has passed. */
const REST = 20;
/** Bytes of files that photos in flight may take together. */
const HELD = 200e6;
/** Photos that are looked at while an earlier one is waited for, before squares are kept out of order: 50 MB of squares. */
const AHEAD = 256;

export interface InspectSetOptions {
  /** Absolute project root. */
  readonly root: string;
  readonly settings: DatasetSettings;
  readonly mode: AuditReport['mode'];
  /** Called after each photo. */
  readonly onPhoto?: ((done: number, total: number) => void) | undefined;
  /** Told every few seconds which photo is waited for, and for how many seconds already, where one takes long. */
  readonly onWaiting?: OnWaiting | undefined;
  /** Told what kept something from being remembered. */
  readonly onForgetful: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** In the order of `photos`. @throws the signal's reason; what was found until then is kept. */
export function inspectSet(photos: readonly FoundPhoto[], options: InspectSetOptions): Promise<Inspection[]> {
  return withDecoders((decoders) => inspectBy(decoders, photos, options), { signal: options.signal });
}

async function inspectBy(decoders: Decoders, photos: readonly FoundPhoto[], options: InspectSetOptions): Promise<Inspection[]> {
  const { root, settings, mode, onPhoto, onWaiting, onForgetful, signal } = options;
  const known = await Inspections.open({ root, limits: settings.photos, mode, tell: onForgetful });
  const looked = new Map<string, Looked>();
  const keeper = new SquareKeeper(join(root, TILES_FOLDER), onForgetful);
  const eye: Eye = {
    limits: settings.photos,
    known,
    held: new Budget(HELD),
    mode,
    decoders,
    onLooked: (sha256, found) => looked.set(sha256, found),
  };
  // Who stops an audit does not wait for what is under way: each step on the disk waits for the one before it instead.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(step: () => Promise<Result>): Promise<Result> => {
    const next = last.then(step);
    last = next;
    return next;
  };
  // What was found counts only once the square is kept: nobody would look for it again.
  const keep = (sha256: string): Promise<void> =>
    inTurn(async () => {
      const found = looked.get(sha256);
      if (found === undefined) return;
      looked.delete(sha256);
      if (found.square !== null) await keeper.keep(sha256, found.square, found.content.pixels);
      known.keep(sha256, found.content);
    });
  const save = (): Promise<number> =>
    inTurn(async () => {
      const begun = performance.now();
      await keeper.save();
      await known.save();
      const now = performance.now();
      return now + REST * (now - begun);
    });
  const waits = new Waits(onWaiting);
  let nextSave = 0;
  try {
    return await inFlight(photos, PHOTOS_UNDER_WAY, (photo) => waits.over(photo.file, () => inspectPhoto(photo, eye)), {
      ahead: AHEAD,
      signal,
      onResult: async ({ sha256 }, done) => {
        if (sha256 !== null) await keep(sha256);
        onPhoto?.(done, photos.length);
        if (known.unsaved >= SAVED_EVERY && performance.now() > nextSave) nextSave = await save();
      },
    });
  } finally {
    waits.close();
    await decoders.close();
    // Photos behind the one that it stopped at were looked at as well.
    for (const sha256 of [...looked.keys()]) await keep(sha256);
    await save();
    await keeper.close();
  }
}

/** Writes squares in the photos' order, so that those of a new set are its cache already. Where they cannot be written it says so, once, and goes on. */
class SquareKeeper {
  private segment: Segment | null = null;
  private gaveUp = false;

  constructor(
    private readonly folder: string,
    private readonly tell: (message: string) => void,
  ) {}

  async keep(sha256: string, square: Buffer, digest: string | null): Promise<void> {
    await this.trying(async () => {
      this.segment ??= await Segment.create(this.folder, AUDITED_SIDE);
      await this.segment.append(sha256, square, digest ?? undefined);
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
      const reason = reasonOf(error);
      this.gaveUp = true;
      this.tell(`${TILES_FOLDER} cannot be written (${reason}): preprocess decodes the photos again`);
    }
  }
}
