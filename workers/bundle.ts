/** The workflow bundle that a cpu worker runs: prebuilt by set-up, made on the spot where it is missing or older than the code. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../workflows', import.meta.url));
const PREBUILT = join(FOLDER, 'bundle.js');

/** The bundle of the compiled workflows as they are now. `note` is told where it had to be made, since that takes seconds. */
export async function workflowBundle(note: (text: string) => void): Promise<string> {
  const why = await whyNotPrebuilt();
  if (why === null) return readFile(PREBUILT, 'utf8');
  note(`the prebuilt workflow bundle ${why}: bundling now (npm run build makes it once and for all)`);
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({ workflowsPath: join(FOLDER, 'index.js') });
  return code;
}

async function whyNotPrebuilt(): Promise<string | null> {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.js'));
  if (!files.includes('bundle.js')) return 'is missing';
  const built = (await stat(PREBUILT)).mtimeMs;
  const times = await Promise.all(files.map(async (name) => (await stat(join(FOLDER, name))).mtimeMs));
  return times.every((time) => time <= built) ? null : 'is older than the code';
}
