/** Tells of files that take long: who waits for a network, or for a disk that fails, wants to know for which file. */

/** Between two times that it is told. */
const TOLD_EVERY_MS = 3_000;

export type OnWaiting = (file: string, seconds: number) => void;

export class Waits {
  private readonly since = new Map<string, number>();
  private readonly timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly tell: OnWaiting | undefined,
    private readonly everyMs = TOLD_EVERY_MS,
  ) {
    if (tell !== undefined) this.timer = setInterval(() => this.look(), everyMs);
  }

  /** Does the work, and tells of the file while it is the one that is waited for longest. */
  async over<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
    this.since.set(file, performance.now());
    try {
      return await work();
    } finally {
      this.since.delete(file);
    }
  }

  close(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const [longest] = this.since;
    if (longest === undefined) return;
    const [file, since] = longest;
    const waited = performance.now() - since;
    if (waited >= this.everyMs) this.tell?.(file, Math.floor(waited / 1_000));
  }
}
