/** `npm run bench -- data`: the parts that it measures, one after the other, and what each number may be at most. */
import { joined, type Findings } from '../report.js';
import { measureAgain } from './again.js';
import { measureAudit } from './audit.js';
import { measureAugment } from './augment.js';
import { measureDecode } from './decode.js';
import { measureLarge } from './large.js';
import { measureNear } from './near.js';

export interface DataOptions {
  /** Fresh processes of each that is measured. */
  readonly rounds: number;
  /** A folder of photos from which all sets are made, instead of those that come with packages. */
  readonly photos?: string;
  /** Of the part `large`. */
  readonly photosCount: number;
  /** Names of parts; all but `large` where it is left out. */
  readonly only?: readonly string[];
}

export type Note = (text: string) => void;
type Part = (options: DataOptions, note: Note) => Promise<Findings>;

export const PARTS: Readonly<Record<string, Part>> = {
  decode: measureDecode,
  augment: measureAugment,
  audit: measureAudit,
  again: measureAgain,
  near: measureNear,
  large: measureLarge,
};
/** Takes long, and gigabytes on the disk. */
const ASKED_FOR_ONLY = 'large';

export const LIMITS: Readonly<Record<string, number>> = {
  largeFastTorchvision: 1 / 2.5,
  largeFastPillowDraft: 1 / 1.1,
  pngTorchvision: 1 / 1.5,
  jpegTorchvision: 1,
  augmentMs: 1,
  augmentOfStep: 0.03,
  auditPillow: 1 / 1.2,
  fastAuditImagehash: 1 / 4,
  againSeconds: 5,
  smallPhotosPeakMb: 1500,
  hugePhotosPeakMb: 1500,
  nearDuplicatesSeconds: 10,
  largeSetPeakMb: 1500,
};

export async function benchData(options: DataOptions, note: Note): Promise<Findings> {
  const found: Findings[] = [];
  for (const [name, measure] of Object.entries(PARTS))
    if (options.only?.includes(name) ?? name !== ASKED_FOR_ONLY) found.push(await measure(options, note));
  return joined(found);
}
