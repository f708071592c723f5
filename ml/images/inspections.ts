/**
 * What is known of photos from earlier audits, so that an audit reads only what changed (decision 0011): digests of the files by how
 * they look on disk, and what was found in a photo by its content. What was found depends on the content, on the limits of the
 * settings and on the code that looked, so all three are the key.
 */
import sharp from 'sharp';
import { z } from 'zod';
import { canonicalHash } from '../../configs/load/canonical.js';
import type { AuditReport } from '../../configs/schema/audit.js';
import type { DatasetSettings } from '../../configs/schema/dataset.js';
import { Digests } from '../files/digests.js';
import { Remembered } from '../files/remembered.js';
import { LIBJPEG } from './decoder.js';
import { FINDINGS, type FindingCode } from './findings.js';

/** What one photo's content gives, whatever its name. */
export const Content = z.object({
  /** Of the file. */
  bytes: z.int(),
  /** What it is, whatever its name says: `jpeg`, `png`; null where the header could not be read. */
  format: z.string().nullable(),
  /** Of the upright photo; null where the header could not be read. */
  sides: z.object({ width: z.int(), height: z.int() }).nullable(),
  /** EXIF orientation, 1 (upright) to 8; null where the header could not be read. */
  orientation: z.int().nullable(),
  /** Of a JPEG, 1 to 100, told from its quantisation tables; null of other formats. */
  quality: z.number().nullable(),
  /** What wrote the file, as far as it tells: a camera, a program, a kind of tables; null where it tells nothing. */
  encoder: z.string().nullable(),
  /** What its near-duplicates are found by (photo-hashes.ts); null where it could not be decoded, or shows nothing to tell it from others. */
  hashes: z.string().nullable(),
  /** Start of the sha256 of its 256-px square: the same pixels, however they were encoded; null where it could not be decoded. */
  pixels: z.string().nullable(),
  /** What is wrong with it: code and sentence. */
  faults: z.array(z.tuple([z.enum(Object.keys(FINDINGS) as [FindingCode, ...FindingCode[]]), z.string()])),
});
export type Content = z.infer<typeof Content>;

/** Raise it when the same photo would be found to be something else. */
const INSPECTION = 10;
/** Photos that are kept; 500,000 make a file of about 350 MB. */
const MOST = 500_000;

export interface InspectionsOptions {
  /** Absolute project root. */
  readonly root: string;
  readonly limits: DatasetSettings['photos'];
  readonly mode: AuditReport['mode'];
  /** Told what kept anything from being remembered. */
  readonly tell: (message: string) => void;
}

export class Inspections {
  private constructor(
    readonly digests: Digests,
    private readonly contents: Remembered<Content>,
    private readonly conditions: string,
    private readonly full: string,
  ) {}

  static async open({ root, limits, mode, tell }: InspectionsOptions): Promise<Inspections> {
    const { minSide, maxPixels, colourSpace, minDeviation } = limits;
    const conditionsOf = (how: AuditReport['mode']): string =>
      canonicalHash({
        inspection: INSPECTION,
        how,
        decoder: { ...sharp.versions, libjpeg: LIBJPEG },
        minSide,
        maxPixels,
        colourSpace,
        minDeviation,
      }).slice(0, 16);
    const contents = await Remembered.open({ root, file: 'inspections.json', value: Content, most: MOST, tell });
    return new Inspections(new Digests({ root, store: 'photos', tell }), contents, conditionsOf(mode), conditionsOf('full'));
  }

  /** A glance is content with what a full look found before; never the other way round. */
  find(sha256: string): Content | undefined {
    return this.contents.get(`${sha256}-${this.full}`) ?? this.contents.get(`${sha256}-${this.conditions}`);
  }

  keep(sha256: string, content: Content): void {
    this.contents.set(`${sha256}-${this.conditions}`, content);
  }

  /** Photos that were looked at and are not on disk yet. */
  get unsaved(): number {
    return this.contents.unsaved;
  }

  /** One at a time. */
  async save(): Promise<void> {
    await this.contents.save();
    await this.digests.save();
  }
}
