/** Loads an activity of the project's own, or says in words what is wrong with its file. */
import { execFile } from 'node:child_process';
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
    const line = lineIn(textOf(cause), url) ?? (cause instanceof SyntaxError ? await lineOfSyntax(file) : null);
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

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? '') : '';
}

/** The line of a file that a stack or a message of Node's names. */
function lineIn(text: string, place: string): string | null {
  const line = text.split('\n').find((candidate) => candidate.includes(`${place}:`) || candidate.includes(`${place}?`));
  return /:(\d+)(?::\d+)?\)?$/.exec(line?.trim() ?? '')?.[1] ?? null;
}

/** Errors of `import()` do not say where the mistake is; `node --check` does. */
async function lineOfSyntax(file: string): Promise<string | null> {
  const stderr = await new Promise<string>((resolve) =>
    execFile(process.execPath, ['--check', file], (_error, _stdout, text) => resolve(text)),
  );
  return lineIn(stderr, file);
}
