/** A row of the table of finds: what may be wrong with a photo set, how it is made, and what a finding of it is called. */
import type { Split } from '../../configs/schema/photos.js';
import type { StemLists } from '../../configs/schema/splits.js';
import type { FindingCode } from '../../ml/images/findings.js';

export const PHOTO_ROOT = 'training_files';
export const SPLITS_FILE = 'docs/splits.json';

/** What one case adds to a set that is sound. */
export interface Made {
  /** By name relative to the photo root. */
  readonly files: Readonly<Record<string, Uint8Array | string>>;
  /** Of the folders that it adds; a folder that is not named here belongs to train. */
  readonly splits?: Readonly<Record<string, Split | StemLists>>;
  /** Instead of what the folders' splits come to: the text of the splits file. */
  readonly splitsFile?: string;
  /** What the finding must name, any of them: files and folders relative to the photo root, the splits file, `.` for the set. */
  readonly named: readonly string[];
  /** Of a photo that is there twice, the other one: relative to the photo root. */
  readonly copy?: string;
}

export interface Kind {
  /** In words, as a row of the table. */
  readonly name: string;
  /** Codes that tell it, any of them. */
  readonly codes: readonly FindingCode[];
  /** Of a full run, where it is not the usual number. */
  readonly cases?: number;
  /** Each case is a set of its own, since the fault is one of the whole set. */
  readonly apart?: boolean;
  /** cleanvision's issues that tell it (`exact_duplicates`). */
  readonly cleanvision?: readonly string[];
  /** Why some cases leave nothing that could be found, where that is so. */
  readonly beyond?: string;
  /** @param folder that the case may call its own @param number of the case within its kind, from 0 @param seed which no other case has */
  make(folder: string, number: number, seed: number): Promise<Made>;
}
