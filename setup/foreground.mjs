/** Runs a program in this one's place: same terminal, same signals, its exit code. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} cwd
 * @param {(text: string) => void} [onOutput] gets what it prints, which is printed all the same
 * @returns {Promise<number>} exit code; 128 + the signal's number if one ended it
 */
export function runInForeground(program, args, cwd, onOutput) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['inherit', onOutput === undefined ? 'inherit' : 'pipe', 'inherit'] });
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      process.stdout.write(text);
      onOutput?.(text);
    });
    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => void child.kill(signal);
    // The terminal sends its SIGINT to both: here it is only kept from ending us before the program has ended.
    const stay = () => undefined;
    // A terminal that closes sends its SIGHUP to both as well, but whoever ends us by hand sends it to us alone: it is passed on.
    process.on('SIGTERM', pass).on('SIGHUP', pass).on('SIGINT', stay);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGTERM', pass).off('SIGHUP', pass).off('SIGINT', stay);
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
