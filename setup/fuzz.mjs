/** `npm run test:fuzz`: set-up, then parsers of outside bytes under made inputs; the arguments after `--` say which. */
import { join } from 'node:path';
import { runInForeground } from './foreground.mjs';
import { CLONE, doneOrExplained, setUpOrExplain } from './main.mjs';
import { readRecord } from './record.mjs';
import { makeSanitized } from './sanitized.mjs';

/** Builds what is to be sanitized, and tells the fuzzer by variables where it is. */
async function sanitize() {
  const installation = await readRecord(CLONE);
  if (installation === null) throw new Error('set-up left no record');
  const about = { clone: CLONE, env: process.env, locks: [], signal: new AbortController().signal };
  Object.assign(process.env, await makeSanitized(installation, about));
}

if (await setUpOrExplain()) {
  const given = process.argv.slice(2);
  if (!given.includes('--sanitize') || (await doneOrExplained(sanitize))) {
    const main = join(CLONE, 'dist', 'test', 'fuzz', 'main.js');
    process.exitCode = await runInForeground(process.execPath, ['--enable-source-maps', main, ...given], CLONE);
  }
}
