/** Follows a run to where nothing more happens by itself, through restarts of server and workers. */
import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '../../configs/problem.js';
import { observe } from '../../workers/observe.js';
import { hasEnded, isStuck, type RunStatus } from '../../workers/report.js';
import type { TemporalLink } from '../../workers/temporal.js';
import { EXIT, type ExitCode } from '../command.js';
import type { Screen } from './screen.js';

export interface Following {
  readonly root: string;
  readonly run: string;
  readonly screen: Screen;
  /** Ends the following, not the run. */
  readonly signal: AbortSignal;
  /** Called while the server or the workers do not answer: brings them up, or does nothing. */
  revive(): Promise<void>;
  connect(): Promise<TemporalLink>;
}

/** What was seen last; `interrupted` if the signal ended it. */
export interface Followed {
  readonly status: RunStatus | null;
  readonly interrupted: boolean;
}

/** How often to ask: often at first, when much happens, then seldom. */
const ASK_MS = { first: 200, later: 1_000, after: 30_000 };
/** An answer that takes long is asked for less often: the run of a thousand tasks has other things to do. */
const PAUSE_PER_ANSWER = 4;
/** For so long without an answer nobody worries: a restart takes that. */
const WORRY_MS = 5_000;

/** @throws Problem NOT_FOUND where nobody knows the run. */
export async function follow({ root, run, screen, signal, revive, connect }: Following): Promise<Followed> {
  const began = performance.now();
  let link: Promise<TemporalLink> | undefined;
  let silentSince: number | null = null;
  let endedSince: number | null = null;
  let status: RunStatus | null = null;
  const close = async (): Promise<void> => {
    await link?.then((open) => open.close()).catch(() => undefined); // it is given up; why it failed was told
    link = undefined;
  };
  try {
    while (!signal.aborted) {
      const asked = performance.now();
      const answer = await observe(root, run, () => (link ??= connect())).catch((error: unknown) => {
        if (error instanceof Problem && error.code === 'UNREACHABLE') return null;
        throw error;
      });
      const took = performance.now() - asked;
      if (answer !== null) screen.show(answer);
      // The last ledger is on disk a moment after the workflow says so; with workers on other machines it never is on this one.
      if (answer !== null && hasEnded(answer)) {
        endedSince ??= performance.now();
        const settled = answer.source === 'ledger file' || answer.state === 'failed' || performance.now() - endedSince > WORRY_MS;
        if (settled) return { status: answer, interrupted: false };
      }
      status = answer ?? status;
      if (answer !== null && answer.source === 'workflow') {
        silentSince = null;
        if (isStuck(answer)) return { status: answer, interrupted: false };
      } else {
        await close();
        silentSince ??= performance.now();
        if (performance.now() - silentSince > WORRY_MS) {
          screen.remark(`neither server nor workers answer for run ${run}: it goes on when they are back (emo-aen up)`);
          await revive();
          silentSince = performance.now();
        }
      }
      const pause = performance.now() - began < ASK_MS.after ? ASK_MS.first : ASK_MS.later;
      await delay(Math.max(pause, answer === null ? 0 : PAUSE_PER_ANSWER * took), undefined, { signal }).catch(() => undefined); // only the signal can end it early
    }
    return { status, interrupted: true };
  } finally {
    await close();
  }
}

export function exitCodeFor({ status, interrupted }: Followed): ExitCode {
  if (interrupted) return EXIT.interrupted;
  return status?.state === 'completed' ? EXIT.done : EXIT.failed;
}
