/** Where the build (setup/web.mjs) puts the page. */
import { join } from 'node:path';
import { CLONE } from '../../configs/load/installation.js';

export const SITE = join(CLONE, 'dist', 'web', 'site');
