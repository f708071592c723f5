/** Loads an activity of the project's own, or says in words what is wrong with its file. */
import { relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Problem } from '../../configs/problem.js';
import { DEFINED, type DefinedActivity } from '../define-activity.js';
import type { OwnFolder } from './find.js';

/**
 * `code` is the digest of its folder: files that changed since they were last imported by this process are imported anew.
 * @throws Problem CONFIGURATION where the file cannot be loaded or exports no activity.
 */
export async function loadOwn(root: string, { file }: OwnFolder, code: string): Promise<DefinedActivity> {
  const where = relative(root, file).split(sep).join('/');
  const url = pathToFileURL(file).href;
  let module: unknown;
  try {
    module = await import(`${url}?code=${code}`);
  } catch (cause) {
    const line = lineIn(cause, url);
    const message =
      cause instanceof Error ? `${cause.name}: ${cause.message.replaceAll(`${pathToFileURL(root).href}/`, '')}` : String(cause);
    throw new Problem({ code: 'CONFIGURATION', message, where: line === null ? where : `${where}:${line}`, cure: CURE, cause });
  }
  const defined = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
  if (isDefined(defined)) return defined;
  const message = defined === undefined ? 'it has no default export' : 'its default export was not made by defineActivity';
  throw new Problem({ code: 'CONFIGURATION', message, where, cure: 'write `export default defineActivity({ … })`: see docs/own-tasks.md' });
}

const CURE = 'mend the file; `node FILE` loads it by itself';

function isDefined(value: unknown): value is DefinedActivity {
  return typeof value === 'object' && value !== null && DEFINED in value;
}

/** The line of the file that an error names: of a mistake in its syntax, or of the statement that threw. */
function lineIn(error: unknown, url: string): string | null {
  if (!(error instanceof Error)) return null;
  const place = error.stack?.split('\n').find((line) => line.includes(url));
  return /:(\d+)(?::\d+)?\)?$/.exec(place?.trim() ?? '')?.[1] ?? null;
}
