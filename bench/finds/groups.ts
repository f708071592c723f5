/** Everything that the table of finds makes. */
import { BALANCE } from './balance.js';
import { COPIES } from './copies.js';
import { DAMAGE } from './damage.js';
import { DISGUISES } from './disguises.js';
import { ENCODINGS } from './encodings.js';
import type { Kind } from './kinds.js';
import { PAIRS } from './pairs.js';
import { SPLIT_FAULTS } from './split-faults.js';

export interface Group {
  readonly title: string;
  readonly kinds: readonly Kind[];
}

export const GROUPS: readonly Group[] = [
  { title: 'Damage', kinds: DAMAGE },
  { title: 'Something else than a photo', kinds: DISGUISES },
  { title: 'Encoding, colour and size', kinds: ENCODINGS },
  { title: 'Pairs and scores', kinds: PAIRS },
  { title: 'Copies', kinds: COPIES },
  { title: 'Splits', kinds: SPLIT_FAULTS },
  { title: 'What lets a model cheat', kinds: BALANCE },
];
