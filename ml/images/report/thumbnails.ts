/** Small pictures for the page, within a number of them and of bytes, so that a page stays one that a browser opens at once. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import type { AuditReport } from '../../../configs/schema/audit.js';
import { PHOTOS_IN_FLIGHT } from '../decode.js';
import type { FindingCode } from '../findings.js';

/** Longest side, in pixels. */
const SIDE = 144;
const QUALITY = 50;
/** Pictures that are made, which bounds the time: at worst each is a photo of photos.maxPixels. */
const MOST_MADE = 800;
/** Characters of all pictures on the page together; a photo that stands on it twice counts twice. */
const MOST_CHARACTERS = 2_500_000;

/** A picture as a data URI, or why there is none. */
export type Thumbnail = { readonly uri: string; readonly width: number; readonly height: number } | { readonly none: string };

/** A file with one of these is not opened: it is no photo, leads out of the set, never ends, or would fill the memory. */
const NOT_OPENED: readonly string[] = [
  'unreadable',
  'not-a-file',
  'link-outside',
  'empty',
  'not-an-image',
  'wrong-format',
  'too-many-pixels',
  'too-many-bytes',
] satisfies readonly FindingCode[];

export interface ThumbnailOptions {
  /** Absolute. */
  readonly photoRoot: string;
  /** `photos.maxPixels`: no file with more is decoded. */
  readonly maxPixels: number;
  /** Called after each picture. */
  readonly onPicture?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
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
  const stream: AsyncIterable<readonly [string, Thumbnail]> = Readable.from(wanted).map(
    async (file: string) => {
      const code = closed.get(file);
      return [file, code === undefined ? await makeThumbnail(join(options.photoRoot, file), options.maxPixels) : { none: code }] as const;
    },
    { concurrency: PHOTOS_IN_FLIGHT },
  );
  for await (const [file, thumbnail] of stream) {
    options.signal?.throwIfAborted();
    made.set(file, thumbnail);
    options.onPicture?.(made.size, wanted.length);
  }
  return new Thumbnails(made);
}

/** Of a damaged photo what can be seen of it; shrinking while loading is welcome here. */
export async function makeThumbnail(path: string, maxPixels: number): Promise<Thumbnail> {
  try {
    if (!(await stat(path)).isFile()) return { none: 'is no file any more' };
    const { data, info } = await sharp(await readFile(path), { failOn: 'none', limitInputPixels: maxPixels, autoOrient: true })
      .resize({ width: SIDE, height: SIDE, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: QUALITY, effort: 2 })
      .toBuffer({ resolveWithObject: true });
    return { uri: `data:image/webp;base64,${data.toString('base64')}`, width: info.width, height: info.height };
  } catch (error) {
    // The page is about broken photos: that one has no picture is shown in its place.
    return { none: `no picture: ${reason(error)}` };
  }
}

/** Without the path that the system's own messages hold: a report names no folder of a machine. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : (error.message.split('\n')[0] ?? '');
}
