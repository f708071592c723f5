/** `npm test`: set-up, then every test; further arguments go to mocha. The last line is `N passed, N failed`. */
import { join } from 'node:path';
import { CLONE, setUpOrExplain } from './main.mjs';
import { runInForeground } from './foreground.mjs';

if (await setUpOrExplain()) {
  const mocha = join(CLONE, 'node_modules', 'mocha', 'bin', 'mocha.js');
  process.exitCode = await runInForeground(process.execPath, [mocha, ...process.argv.slice(2)], CLONE);
}
