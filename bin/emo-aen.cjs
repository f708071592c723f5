#!/usr/bin/env node
/** Starts the compiled command line, or says how to make it. */
'use strict';
const { existsSync } = require('node:fs');
const { availableParallelism } = require('node:os');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

// Photos are decoded in Node's thread pool, which has four threads unless this is said before its first use: hence no module.
process.env.UV_THREADPOOL_SIZE ??= String(Math.max(4, availableParallelism()));

const at = (path) => join(__dirname, '..', path);
const main = at('dist/cli/main.js');

if ([main, at('node_modules/commander'), at('.emo-aen/setup.json')].every((path) => existsSync(path))) {
  import(pathToFileURL(main).href);
} else {
  process.stderr.write('error: emo-aen is not set up in this clone\n  cure: npm run setup\n');
  process.exitCode = 2;
}
