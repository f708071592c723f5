/** The log of a background process: `.emo-aen/logs/<name>.log`, and one older one beside it. */
import { renameSync, statSync } from 'node:fs';
import { isAbout } from '../../configs/problem.js';

/** A log that is larger when its process is started becomes the older one. */
const MOST_BYTES = 8 << 20;

/** Moves a long log aside, as `<name>.log.1`, where the one before is lost. */
export function rotateLog(path: string, mostBytes = MOST_BYTES): void {
  try {
    if (statSync(path).size > mostBytes) renameSync(path, `${path}.1`);
  } catch (error) {
    if (!isAbout(error, 'ENOENT')) throw error;
  }
}
