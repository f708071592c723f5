/** Heartbeats that say no more than that this worker lives, for stretches in which there is no progress to tell. */
import type { Context } from '@temporalio/activity';

const BEAT_MS = 2_000;

/** Runs `work` while heartbeating on a timer; `details` are what the last heartbeat said, so that they are not lost. */
export async function whileAlive<Result>(context: Context, details: () => unknown, work: () => Promise<Result>): Promise<Result> {
  const timer = setInterval(() => context.heartbeat(details()), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
