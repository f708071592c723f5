/** Work on many things of which only so many are under way at once. A slow one holds up nothing but its own place. */

export interface InFlight<Result> {
  /** Told each result, one at a time, in the order of the items, but for those that would hold up the others. */
  readonly onResult?: (result: Result, done: number) => Promise<void> | void;
  /** Results that may wait for an earlier one to be told before them; of more, the first goes ahead. */
  readonly ahead?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Results in the order of the items. After the first error, or the signal, nothing more is begun, and what is under way is not waited for:
 * a file on a network that hangs must not keep anybody from stopping.
 * @throws what `work` or `onResult` threw first, or the signal's reason.
 */
export async function inFlight<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
  { onResult = () => undefined, ahead = 0, signal }: InFlight<Result> = {},
): Promise<Result[]> {
  signal?.throwIfAborted();
  const results = new Array<Result>(items.length);
  const left = items.entries();
  const untold = new Set<number>();
  const early = new Set<number>();
  let next = 0;
  let done = 0;
  let stopped = false;
  let telling = Promise.resolve();

  const tell = async (): Promise<void> => {
    while (untold.size > 0 && !stopped) {
      const [first] = untold;
      const place = untold.has(next) ? next : untold.size > ahead ? first : undefined;
      if (place === undefined) return;
      untold.delete(place);
      early.add(place);
      while (early.delete(next)) next++;
      await onResult(results[place] as Result, ++done);
    }
  };
  const hand = async (): Promise<void> => {
    for (const [place, item] of left) {
      const result = await work(item);
      if (stopped) return;
      results[place] = result;
      untold.add(place);
      await (telling = telling.then(tell));
    }
  };
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => (stop = () => reject(signal?.reason as Error)));
  signal?.addEventListener('abort', stop);
  try {
    await Promise.race([Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, hand)), aborted]);
  } finally {
    stopped = true;
    signal?.removeEventListener('abort', stop);
  }
  return results;
}
