/** What `emo-aen rank` refuses is refused here in its words, also where browsers would show the photo: they pass over holes, and make up what is missing. */
import { zerosIn, IMPOSSIBLE_ZEROS } from '../../ml/images/jpeg-zeros.js';
import { pngDataFault, pngHeaderFault } from '../../ml/images/png-header.js';
import { refusalOfKind, refusalsOfContainer } from '../../ml/images/refusals.js';
import { formatOf } from './format.js';
import { Trouble } from './trouble.js';

/** @param head the file, or its first bytes @throws Trouble where they tell that it is nothing that is read here */
export function insistOnKind(head: Uint8Array): void {
  refuseFor(refusalOfKind(head)?.[1] ?? null);
}

/** @param bytes the whole file @throws Trouble where they tell that it is not read, or that data are missing */
export function insistOnBytes(bytes: Uint8Array): void {
  insistOnKind(bytes);
  const format = formatOf(bytes);
  if (format === null) return;
  refuseFor(refusalsOfContainer(bytes, format)[0]?.[1] ?? null);
  const damage = DAMAGE[format]?.(bytes) ?? null;
  refuseFor(damage === null ? null : `cannot be decoded as a whole (${damage})`);
}

const DAMAGE: Readonly<Record<string, (bytes: Uint8Array) => string | null>> = {
  jpeg: (bytes) => (zerosIn(bytes) === 'impossible' ? IMPOSSIBLE_ZEROS : null),
  png: (bytes) => pngHeaderFault(bytes) ?? pngDataFault(bytes),
};

function refuseFor(reason: string | null): void {
  if (reason !== null) throw new Trouble({ message: `It ${reason}`, cure: 'Choose a whole photo' });
}
