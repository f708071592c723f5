/** `npm start`: set-up, then the quickstart, which gets the arguments after `--`. */
import { join } from 'node:path';
import { CLONE, setUpOrExplain } from './main.mjs';
import { runInForeground } from './foreground.mjs';

if (await setUpOrExplain()) {
  process.exitCode = await runInForeground(
    process.execPath,
    [join(CLONE, 'bin', 'emo-aen.cjs'), 'quickstart', ...process.argv.slice(2)],
    CLONE,
  );
}
