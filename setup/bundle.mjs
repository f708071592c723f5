/** Bundles the workflows once, so that a worker starts without webpack: dist/workflows/index.js and what it imports become dist/workflows/bundle.js. */
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist', 'workflows');
const workflowsPath = join(folder, 'index.js');
if (!existsSync(workflowsPath)) {
  process.stderr.write(`${workflowsPath} does not exist: compile first (npm run build)\n`);
  process.exit(1);
}
const quiet = () => undefined;
const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: console.warn, error: console.error };
const { code } = await bundleWorkflowCode({ workflowsPath, logger });
const bundle = join(folder, 'bundle.js');
await writeFile(`${bundle}.tmp`, code);
await rename(`${bundle}.tmp`, bundle);
