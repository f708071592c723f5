#!/usr/bin/env node
/** Starts the compiled command line, or says how to make it. */
import { existsSync } from 'node:fs';

const main = new URL('../dist/cli/main.js', import.meta.url);
const needed = [main, new URL('../node_modules/commander', import.meta.url), new URL('../.emo-aen/setup.json', import.meta.url)];

if (needed.every((path) => existsSync(path))) {
  await import(main.href);
} else {
  process.stderr.write('error: emo-aen is not set up in this clone\n  cure: npm run setup\n');
  process.exitCode = 2;
}
