/** Small pictures for the page, within a number of them and of bytes, so that a page stays one that a browser opens at once. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import type { AuditReport } from '../../../configs/schema/audit.js';
import { PHOTOS_IN_FLIGHT } from '../decoders/at-once.js';
import { withDecoders, type Decoders } from '../decoders/decoders.js';
import type { FindingCode } from '../findings.js';
import { inFlight } from '../in-flight.js';
import { FILE_BYTES_PER_PIXEL } from '../inspect.js';
import type { Thumbnail } from './thumbnail.js';

/** Pictures that are made, which bounds the time: at worst each is a photo of photos.maxPixels. */
const MOST_MADE = 800;
/** Characters of all pictures on the page together; a photo that stands on it twice counts twice. */
const MOST_CHARACTERS = 2_500_000;

/** A file with one of these is not opened: it is no photo, leads out of the set, never ends, would fill the memory, or crashes decoders. */
const NOT_OPENED: readonly string[] = [
  'unreadable',
  'not-a-file',
  'link-outside',
  'empty',
  'not-an-image',
  'wrong-format',
  'too-many-pixels',
  'too-many-bytes',
  'crashes-decoder',
] satisfies readonly FindingCode[];

export interface ThumbnailOptions {
  /** Absolute. */
  readonly photoRoot: string;
  /** `photos.maxPixels`: no file with more is decoded. */
  readonly maxPixels: number;
  /** Called after each picture. */
  readonly onPicture?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

export class Thumbnails {
  private left = MOST_CHARACTERS;

  constructor(private readonly made: ReadonlyMap<string, Thumbnail>) {}

  /** The picture of a photo, for one place on the page. */
  place(file: string): Thumbnail {
    const thumbnail = this.made.get(file) ?? { none: 'no room for its picture' };
    if ('none' in thumbnail) return thumbnail;
    if (thumbnail.uri.length > this.left) return { none: 'no room for its picture' };
    this.left -= thumbnail.uri.length;
    return thumbnail;
  }
}

/** @param files of photos, in the order in which they get a picture while there is room. */
export async function makeThumbnails(files: Iterable<string>, report: AuditReport, options: ThumbnailOptions): Promise<Thumbnails> {
  const closed = new Map(report.findings.flatMap(({ file, code }) => (NOT_OPENED.includes(code) ? [[file, code] as const] : [])));
  const wanted = [...new Set(files)].slice(0, MOST_MADE);
  const made = new Map<string, Thumbnail>();
  const pictureOf = async (decoders: Decoders, file: string): Promise<readonly [string, Thumbnail]> => {
    const code = closed.get(file);
    if (code !== undefined) return [file, { none: code }];
    return [file, await makeThumbnail(decoders, join(options.photoRoot, file), options.maxPixels)];
  };
  await withDecoders(
    (decoders) =>
      inFlight(wanted, PHOTOS_IN_FLIGHT, (file) => pictureOf(decoders, file), {
        signal: options.signal,
        onResult: ([file, thumbnail]) => {
          made.set(file, thumbnail);
          options.onPicture?.(made.size, wanted.length);
        },
      }),
    { signal: options.signal },
  );
  return new Thumbnails(made);
}

/** Of a damaged photo what can be seen of it. */
export async function makeThumbnail(decoders: Decoders, path: string, maxPixels: number): Promise<Thumbnail> {
  try {
    if (!(await stat(path)).isFile()) return { none: 'is no file any more' };
    return await decoders.photo(path, async (read) => {
      const photo = await read(path, maxPixels * FILE_BYTES_PER_PIXEL);
      return (await photo.ask('thumbnail', { maxPixels })).answer;
    });
  } catch (error) {
    if (error instanceof Problem && error.code !== 'PHOTO') throw error;
    // The page is about broken photos: that one has no picture is shown in its place.
    return { none: `no picture: ${reason(error)}` };
  }
}

/** Without the path that the system's own messages hold: a report names no folder of a machine. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'syscall' in error && 'code' in error ? String(error.code) : (error.message.split('\n')[0] ?? '');
}
