/** Asks another program a short question. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LIMIT_MS = 20_000;

/** First line that a program prints on stdout; null if it is not there or fails. */
export async function firstLine(program: string, args: readonly string[]): Promise<string | null> {
  try {
    const { stdout } = await run(program, args, { timeout: LIMIT_MS });
    return stdout.split('\n')[0]?.trim() ?? null;
  } catch {
    return null; // that it does not answer is the finding
  }
}
