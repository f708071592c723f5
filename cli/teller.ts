/** How far work on photos is, told on the terminal. */
import { Pace } from '../ml/images/pace.js';
import type { Terminal } from './command.js';
import { span } from './run/words.js';

/** Time between two lines of progress. */
const TOLD_EVERY_MS = 5_000;

/** Says now and then how far it is, how fast it goes and how long the rest takes. */
export function teller({ note }: Terminal): (done: number, total: number) => void {
  const pace = new Pace();
  let told = performance.now();
  return (done, total) => {
    const { perSecond, secondsLeft } = pace.at(done, total);
    if (done === total || performance.now() - told < TOLD_EVERY_MS) return;
    told = performance.now();
    const rate = perSecond === null || secondsLeft === null ? '' : `, ${perSecond.toFixed(0)}/s, ${span(secondsLeft * 1000)} left`;
    note(`${done} of ${total} photos${rate}`);
  };
}
