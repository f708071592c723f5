/**
 * Keeps two attempts of one task from running at once in this process. They can meet when the server was away for longer than
 * the heartbeat timeout: it then starts a new attempt while the old one, unaware, still runs.
 */
export class OneAtATime {
  private readonly running = new Map<string, { readonly controller: AbortController; readonly ended: Promise<void> }>();

  /** Runs `work` after the attempt with the same key, if there is one, was aborted and has ended. */
  async run<Result>(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    for (let earlier = this.running.get(key); earlier !== undefined; earlier = this.running.get(key)) {
      earlier.controller.abort(new Error(`a newer attempt of ${key} has begun`));
      await earlier.ended;
    }
    const controller = new AbortController();
    const done = work(AbortSignal.any([signal, controller.signal]));
    const ended = done.then(
      () => undefined,
      () => undefined, // told to the caller below; here only its end counts
    );
    this.running.set(key, { controller, ended });
    try {
      return await done;
    } finally {
      this.running.delete(key);
    }
  }
}
