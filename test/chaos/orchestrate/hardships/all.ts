/** Every hardship of the suite, in the order in which they are undergone. */
import { CANCEL, FAIL_FAST } from './endings.js';
import { CLOCK } from './clock.js';
import { CONTAINERS } from './containers.js';
import { DESCRIPTORS } from './descriptors.js';
import { FULL_DISK } from './full-disk.js';
import { HANGUP } from './hangup.js';
import type { Hardship } from './hardship.js';
import { PUBLISHING } from './publishing.js';
import { RECORDS } from './records.js';
import { STRANGER } from './stranger.js';
import { TWO_PROJECTS } from './two-projects.js';

export const HARDSHIPS: readonly Hardship[] = [
  CANCEL,
  FAIL_FAST,
  PUBLISHING,
  HANGUP,
  RECORDS,
  DESCRIPTORS,
  FULL_DISK,
  CLOCK,
  TWO_PROJECTS,
  CONTAINERS,
  STRANGER,
];
