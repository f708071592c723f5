/** How fast photos pass and how long the rest takes, by the last half minute: the first photos of a set say little about the last. */

const WINDOW_MS = 30_000;
/** Least time between two marks, so that few are kept however many photos pass. */
const MARK_EVERY_MS = 500;

export interface Told {
  /** Null until there is something to tell it by. */
  readonly perSecond: number | null;
  readonly secondsLeft: number | null;
}

export class Pace {
  private marks: { readonly at: number; readonly done: number }[] = [];

  /** @param now milliseconds of any clock that only goes forward */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** @param done units until now, of `total` */
  at(done: number, total: number): Told {
    const at = this.now();
    const newest = this.marks.at(-1);
    if (newest === undefined || at - newest.at >= MARK_EVERY_MS)
      this.marks = [...this.marks.filter((mark) => at - mark.at < WINDOW_MS), { at, done }];
    const [oldest] = this.marks;
    if (oldest === undefined || done <= oldest.done || at <= oldest.at) return { perSecond: null, secondsLeft: null };
    const perSecond = ((done - oldest.done) / (at - oldest.at)) * 1000;
    return { perSecond, secondsLeft: (total - done) / perSecond };
  }
}

/** `looking at photos, 85/s`, and what a heartbeat says beside it. */
export function paced(message: string, { perSecond, secondsLeft }: Told): { readonly message: string; readonly secondsLeft?: number } {
  if (perSecond === null || secondsLeft === null) return { message };
  return { message: `${message}, ${perSecond.toFixed(perSecond < 10 ? 1 : 0)}/s`, secondsLeft: Math.round(secondsLeft) };
}
