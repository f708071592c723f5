/** What happens where a command's words cannot be written: its reader has gone, or the output is full. Never a stack. */
import { isAbout } from '../configs/problem.js';
import { EXIT } from './command.js';

/** Call it once, before anything is written. */
export function watchOutput(): void {
  let lost = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: Error) => {
      if (lost) return; // told once; what follows has nowhere to go either
      lost = true;
      end(error, stream === process.stdout);
    });
  }
}

function end(error: Error, isAnswer: boolean): void {
  const code = isAbout(error, 'EPIPE') ? EXIT.unread : EXIT.failed;
  if (code === EXIT.failed && isAnswer) process.stderr.write(`error: ${wordsOf(error)}\n`);
  process.once('exit', () => (process.exitCode = code));
  // A command that holds processes ends them as if it were asked to end.
  if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(code);
}

function wordsOf(error: Error): string {
  if (isAbout(error, 'ENOSPC', 'EDQUOT')) return 'the output is full\n  cure: free some disk space, or send the output elsewhere';
  return `the output cannot be written: ${error.message}`;
}
