/** `npm run test:fuzz`: set-up, then parsers of outside bytes under made inputs; the arguments after `--` say which. */
import { join } from 'node:path';
import { SetupFailure } from './failure.mjs';
import { runInForeground } from './foreground.mjs';
import { CLONE, setUpOrExplain } from './main.mjs';
import { readRecord } from './record.mjs';
import { makeSanitized } from './sanitized.mjs';

/** Builds what is to be sanitized; whether that went well. */
async function sanitize() {
  const installation = await readRecord(CLONE);
  if (installation === null) throw new Error('set-up left no record');
  try {
    const about = { clone: CLONE, env: process.env, locks: [], signal: new AbortController().signal };
    Object.assign(process.env, await makeSanitized(installation, about));
    return true;
  } catch (error) {
    if (!(error instanceof SetupFailure)) throw error;
    process.stderr.write(`${error.describe()}\n`);
    process.exitCode = 1;
    return false;
  }
}

if (await setUpOrExplain()) {
  const given = process.argv.slice(2);
  if (!given.includes('--sanitize') || (await sanitize())) {
    const main = join(CLONE, 'dist', 'test', 'fuzz', 'main.js');
    process.exitCode = await runInForeground(process.execPath, ['--enable-source-maps', main, ...given], CLONE);
  }
}
