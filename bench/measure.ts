import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs a program to its end; what it wrote to stdout. @param environment added to our own */
export async function runProgram(
  program: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await run(program, [...words], { env: { ...process.env, ...environment }, maxBuffer: 1 << 26 });
  return stdout;
}

/** Runs a program to its end and reads the JSON document on its last line of stdout. */
export async function runJson(
  program: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  return JSON.parse((await runProgram(program, words, environment)).trim().split('\n').at(-1) ?? '');
}

/** What a program that failed said last, or why it could not be run: one line for a table. */
export function lastWords(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : '';
  const text = said.trim() === '' ? (error instanceof Error ? error.message : String(error)) : said;
  return text.trim().split('\n').at(-1) ?? '';
}
