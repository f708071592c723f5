/** `npm run test:chaos`: set-up, then random faults; the arguments after `--` say to what. */
import { join } from 'node:path';
import { CLONE, setUpOrExplain } from './main.mjs';
import { runInForeground } from './foreground.mjs';

if (await setUpOrExplain()) {
  const main = join(CLONE, 'dist', 'test', 'chaos', 'main.js');
  process.exitCode = await runInForeground(process.execPath, ['--enable-source-maps', main, ...process.argv.slice(2)], CLONE);
}
