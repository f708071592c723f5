/** Which photo without a partner another may be the partner of: people name files by hand, and programs add to names. */
import { nearest } from '../../configs/load/nearest.js';
import type { Label } from '../../configs/schema/photos.js';
import { folded } from './names.js';
import type { FoundPhoto } from './scan.js';

/** Photos of one side that a name is compared with letter by letter. */
const MOST_COMPARED = 200;

export class NearNames {
  /** By scene and side: files by stem. */
  private readonly sides = new Map<string, Map<string, string>>();
  /** The same by what is left of a stem without capitals, spaces and signs. */
  private readonly plain = new Map<string, Map<string, string>>();

  /** @param alone photos without a partner */
  constructor(alone: readonly FoundPhoto[]) {
    for (const { file, folder, label, stem } of alone) {
      const side = sideOf(folder, label);
      put(this.sides, side, stem, file);
      put(this.plain, side, plainly(stem), file);
    }
  }

  /** The file on the other side whose name is nearest; null where none is near. */
  to({ folder, label, stem }: FoundPhoto): string | null {
    const side = sideOf(folder, label === 'good' ? 'bad' : 'good');
    const same = this.plain.get(side)?.get(plainly(stem));
    if (same !== undefined) return same;
    const files = this.sides.get(side);
    const own = this.sides.get(sideOf(folder, label));
    if (files === undefined || Math.max(files.size, own?.size ?? 0) > MOST_COMPARED) return null;
    // Photo 1 and photo 2 are neighbours, not one name in two spellings.
    const candidates = [...files.keys()].filter((name) => numbersIn(name) === numbersIn(stem));
    return files.get(nearest(stem, candidates) ?? '') ?? null;
  }
}

const sideOf = (folder: string, label: Label): string => `${folder}/${label}`;
const numbersIn = (stem: string): string => stem.match(/\d+/g)?.join() ?? '';
const plainly = (stem: string): string => folded(stem).replaceAll(/[^\p{L}\p{N}]/gu, '');

function put(sides: Map<string, Map<string, string>>, side: string, name: string, file: string): void {
  const files = sides.get(side) ?? new Map<string, string>();
  if (!files.has(name)) files.set(name, file);
  sides.set(side, files);
}
