/** Follows a run in a terminal: Ctrl-C leaves it going, a server or worker that died is started again. */
import type { ExitCode, Terminal } from '../command.js';
import { interruptible } from '../interruption.js';
import { ensureUp } from '../server-link.js';
import { exitCodeFor, follow, type Followed } from './follow.js';
import { screenFor } from './screen.js';
import { describeRun } from './words.js';

export interface FollowedRun extends Followed {
  readonly exitCode: ExitCode;
}

/** Follows it, and brings server and workers up again where they have died. */
export function followInTerminal(terminal: Terminal, run: string): Promise<FollowedRun> {
  return followWith(terminal, run, () => ensureUp(terminal));
}

/** Only looks: starts nothing. */
export function watchInTerminal(terminal: Terminal, run: string): Promise<FollowedRun> {
  return followWith(terminal, run, () => Promise.resolve());
}

async function followWith(terminal: Terminal, run: string, revive: () => Promise<void>): Promise<FollowedRun> {
  const { root } = terminal;
  return interruptible(async (signal) => {
    const followed = await follow({
      root,
      run,
      screen: screenFor(process.stderr),
      signal,
      revive,
      connect: async () => (await import('../../workers/temporal.js')).connectTemporal(root),
    });
    if (followed.interrupted) terminal.note(`run ${run} goes on; emo-aen status ${run} --watch follows it, emo-aen cancel ${run} ends it`);
    return { ...followed, exitCode: exitCodeFor(followed) };
  });
}

/** Gives the command's answer from what was seen last. On a terminal the picture is there already; elsewhere it is the answer. */
export function answerWith(terminal: Terminal, run: string, { status }: Followed): void {
  if (status === null) terminal.answer({ run }, `run ${run} has begun`);
  else terminal.answer(status, process.stderr.isTTY && process.stdout.isTTY ? `run ${run} is ${status.state}` : describeRun(status));
}
