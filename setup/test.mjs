/** `npm test`: set-up, then every test, or just the files that are named; other arguments go to mocha. The last line is `N passed, N failed`. */
import { join } from 'node:path';
import { CLONE, setUpOrExplain } from './main.mjs';
import { runInForeground } from './foreground.mjs';

const ALL = ['dist/test/**/*.test.js', 'test/setup/**/*.test.mjs'];

if (await setUpOrExplain()) {
  const mocha = join(CLONE, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const given = process.argv.slice(2);
  const files = given.some((word) => /\.test\.m?js$/.test(word)) ? [] : ALL;
  process.exitCode = await runInForeground(process.execPath, [mocha, ...given, ...files], CLONE);
}
