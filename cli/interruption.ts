/** Ctrl-C, a request to end, and a terminal that closes: one meaning for all commands that stay. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `body` with a signal that is aborted by the first of SIGINT, SIGTERM and SIGHUP. A second Ctrl-C ends the process at once; a
 * second SIGTERM or SIGHUP does not, since a closing terminal sends one to every process and its starter passes it on.
 */
export async function interruptible<Result>(body: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const interrupted = new AbortController();
  const stop = (): void => {
    process.off('SIGINT', stop);
    interrupted.abort();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    return await body(interrupted.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

/** Resolves when the signal is aborted. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
