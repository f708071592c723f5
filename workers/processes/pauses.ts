/** How long a supervisor waits before it starts a process again. */

/** A process that lived so long is as good as one that never ended. */
export const STEADY_MS = 60_000;
const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/** From so many quick deaths on, a person is told that the process cannot be kept running. */
export const MANY_DEATHS = 5;

/** 1 s after the first quick death, then twice as long each time, at most a minute. @param deaths in a row, from 1 */
export function pauseAfter(deaths: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** (deaths - 1));
}
