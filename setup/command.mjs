/** Runs other programs quietly; what they printed is shown only if they fail. */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SetupFailure } from './failure.mjs';

const SHOWN_LINES = 12; // from the beginning and from the end: npm tells the cause first, pip last

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {Readonly<Record<string, string | undefined>>} [env]
 * @property {string} what said when it fails: `what` failed
 * @property {string} cure
 * @property {AbortSignal} [signal]
 * @property {readonly number[]} [locks] descriptors that keep our locks while the program runs
 */

/**
 * Runs a program to its end.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions} options
 * @returns {Promise<string>} what it wrote to stdout
 * @throws {SetupFailure} with the last lines of its output
 */
export function run(program, args, { cwd, env, what, cure, signal, locks = [] }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: env ?? process.env, signal, stdio: ['ignore', 'pipe', 'pipe', ...locks] });
    let output = '';
    let answer = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      answer += text;
      output += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', (error) => reject(error.name === 'AbortError' ? error : new SetupFailure(`${what} failed: ${error.message}`, cure)));
    child.on('close', (code, killed) => {
      if (code === 0) return resolve(answer);
      reject(new SetupFailure([`${what} failed (${killed ?? `exit code ${code}`})`, ...excerpt(output)].join('\n'), cure));
    });
  });
}

/** @param {string} output */
function excerpt(output) {
  const lines = output.trimEnd().split('\n');
  const shown = lines.length <= 2 * SHOWN_LINES ? lines : [...lines.slice(0, SHOWN_LINES), '…', ...lines.slice(-SHOWN_LINES)];
  return shown.map((line) => `  | ${line}`);
}

/**
 * Full path of a program on PATH, or null. No process is started.
 * @param {string} name
 * @param {Readonly<Record<string, string | undefined>>} env
 */
export function findOnPath(name, env) {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not in this folder: the next one is asked.
    }
  }
  return null;
}
