/** Which tasks come before which: sets of tasks as bits, since a thousand tasks deep this is what keeps the checks quick. */
import type { Leg } from './legs.js';

export interface Ancestry {
  /** Tasks in an order in which needs come first; those in circles are not among them. */
  readonly order: readonly Leg[];
  readonly places: ReadonlyMap<string, number>;
  /** By place: all tasks before, bit n for the task at place n. */
  readonly before: readonly bigint[];
  /** By place: whether it and all before it are without a fault of their own. */
  readonly sound: readonly boolean[];
}

/** `isSound` says whether a task is, looked at alone. */
export function ancestryOf(order: readonly Leg[], isSound: (leg: Leg) => boolean): Ancestry {
  const places = new Map(order.map(({ name }, index) => [name, index]));
  const before: bigint[] = [];
  const sound: boolean[] = [];
  order.forEach((leg, index) => {
    const needs = leg.needs.map((need) => places.get(need)).filter((place) => place !== undefined);
    before[index] = needs.reduce((bits, need) => bits | (before[need] ?? 0n) | bit(need), 0n);
    sound[index] = isSound(leg) && needs.every((need) => sound[need] === true);
  });
  return { order, places, before, sound };
}

export function bit(place: number): bigint {
  return 1n << BigInt(place);
}
