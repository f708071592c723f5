/**
 * What a chaos run does to training, drawn from a seed: which harm, at which moment, to how much. Pure, so that a seed that
 * failed does the same again; only how far the trainer comes in so many milliseconds is the machine's.
 */
import { Draws } from '../../../ml/random/philox.js';

/** What is waited for: the process has started, progress is told, or a file is being written (its temporary name appears). */
export type Sign = 'started' | 'step' | 'validation' | 'checkpoint' | 'index' | 'metrics' | 'best' | 'last';

/** `delayMs` after the first `sign` at which `step` optimiser steps of the whole run are done. `started` comes at once in each attempt. */
export interface Moment {
  readonly sign: Sign;
  readonly step: number;
  readonly delayMs: number;
}

/** `place` is a share in [0, 1) of the file that is harmed. */
export type Harm =
  | { readonly kind: 'kill' }
  /** A kill that counts only if it left a file half written. */
  | { readonly kind: 'tear' }
  | { readonly kind: 'terminate'; readonly by: 'the worker' | 'a signal' }
  | { readonly kind: 'freeze' }
  | { readonly kind: 'orphan' }
  /** `afterMs` is the time that the second attempt has to show that it does not wait. */
  | { readonly kind: 'rival'; readonly afterMs: number }
  | {
      readonly kind: 'damage';
      readonly how: 'cut short' | 'changed by a bit' | 'emptied';
      readonly what: 'newest' | 'best' | 'index';
      readonly place: number;
    }
  | { readonly kind: 'fill'; readonly room: 'part of a checkpoint' | 'a checkpoint' | 'none'; readonly place: number }
  | { readonly kind: 'cut cache'; readonly during: 'training' | 'the pause'; readonly place: number };

export interface Fault {
  readonly name: string;
  /** Of checkpoints against crashes, in the attempt that is harmed. */
  readonly everyMinutes: number;
  readonly moment: Moment;
  readonly harm: Harm;
}

/** Faults that one run of training suffers one after another, by the step they come at. */
export type Ordeal = readonly Fault[];

export interface Shape {
  readonly epochs: number;
  /** Optimiser steps an epoch. */
  readonly steps: number;
}

interface Drawn {
  readonly harm: Harm;
  readonly moment: Moment;
  readonly everyMinutes?: number;
}

interface Row {
  readonly name: string;
  readonly count: number;
  /** `nth` of `count`, from 0. */
  draw(draws: Draws, shape: Shape, nth: number): Drawn;
}

const KILL: Harm = { kind: 'kill' };
const TEAR: Harm = { kind: 'tear' };
const EVERY_STEP = 1e-6;
/** The epochs' checkpoints are all there are. */
const RARELY = 10;
const EVERY_MINUTES = [EVERY_STEP, 0.004, RARELY] as const;
/** Faults of one ordeal of {@link TOGETHER}. */
const LENGTH = 6;

const at = (sign: Sign, draws: Draws, [from, to]: readonly [number, number], delayMs: number): Moment => ({
  sign,
  step: from + draws.below(to - from),
  delayMs: Math.floor(draws.between(0, delayMs)),
});
const total = ({ epochs, steps }: Shape): number => epochs * steps;
const anywhere = (shape: Shape): readonly [number, number] => [0, total(shape)];
/** After two epochs at the least, and with two to go: there are checkpoints, and work is left. */
const inTheMiddle = ({ epochs, steps }: Shape): readonly [number, number] => [2 * steps + 1, (epochs - 2) * steps];

const kill = (name: string, count: number, draw: (draws: Draws, shape: Shape) => Moment, harm: Harm = KILL): Row => ({
  name,
  count,
  draw: (draws, shape) => ({ harm, moment: draw(draws, shape) }),
});

/** After which the next attempt goes on, so that several can befall one run. */
const TOGETHER: readonly Row[] = [
  kill('kill -9 in the first epoch', 3, (draws, { steps }) => at('step', draws, [0, steps], 60)),
  kill('kill -9 in the last epoch', 3, (draws, shape) => at('step', draws, [total(shape) - shape.steps + 1, total(shape)], 25)),
  kill('kill -9 at any step', 8, (draws, shape) => at('step', draws, anywhere(shape), 120)),
  kill('kill -9 while it starts', 2, (draws, shape) => at('started', draws, anywhere(shape), 1000)),
  kill('kill -9 while it validates', 2, (draws, shape) => at('validation', draws, anywhere(shape), 10)),
  kill('kill -9 while a checkpoint is written', 5, (draws, shape) => at('checkpoint', draws, anywhere(shape), 20), TEAR),
  kill('kill -9 while the index is written', 2, (draws, shape) => at('index', draws, anywhere(shape), 3)),
  kill('kill -9 while a row of metrics is written', 2, (draws, shape) => at('metrics', draws, anywhere(shape), 3)),
  kill('kill -9 while best.safetensors is written', 1, (draws, shape) => at('best', draws, [total(shape), total(shape) + 1], 8), TEAR),
  kill('kill -9 while last.safetensors is written', 1, (draws, shape) => at('last', draws, [total(shape), total(shape) + 1], 20), TEAR),
  {
    name: 'kill -9 of the process above the trainer',
    count: 2,
    draw: (draws, shape) => ({ harm: { kind: 'orphan' }, moment: at('step', draws, anywhere(shape), 60) }),
  },
  {
    name: 'SIGTERM',
    count: 4,
    draw: (draws, shape, nth) => ({
      harm: { kind: 'terminate', by: nth % 2 === 0 ? 'the worker' : 'a signal' },
      moment: at('step', draws, anywhere(shape), 60),
      // So that what is there afterwards was saved because it was asked for.
      everyMinutes: RARELY,
    }),
  },
  {
    name: 'SIGSTOP, which only the stall watch can notice',
    count: 2,
    draw: (draws, shape) => ({ harm: { kind: 'freeze' }, moment: at('step', draws, anywhere(shape), 60) }),
  },
];

const damage = (name: string, how: (Harm & { kind: 'damage' })['how'], targets: readonly (Harm & { kind: 'damage' })['what'][]): Row => ({
  name,
  count: targets.length,
  draw: (draws, shape, nth) => ({
    harm: { kind: 'damage', how, what: targets[nth] ?? 'newest', place: draws.between(0, 0.95) },
    moment: at('step', draws, inTheMiddle(shape), 60),
    everyMinutes: EVERY_STEP,
  }),
});

const full = (name: string, room: (Harm & { kind: 'fill' })['room'], steps: (shape: Shape) => readonly [number, number]): Row => ({
  name,
  count: 1,
  draw: (draws, shape) => ({
    harm: { kind: 'fill', room, place: draws.between(0.02, 0.98) },
    moment: at('step', draws, steps(shape), 0),
    everyMinutes: RARELY,
  }),
});

const cutCache = (
  name: string,
  during: (Harm & { kind: 'cut cache' })['during'],
  steps: (shape: Shape) => readonly [number, number],
): Row => ({
  name,
  count: 1,
  draw: (draws, shape) => ({
    harm: { kind: 'cut cache', during, place: draws.between(0, 0.7) },
    moment: at('step', draws, steps(shape), 30),
  }),
});

/** After which the very next attempt must come to its end and say what it found. */
const ALONE: readonly Row[] = [
  {
    name: 'kill -9 when another attempt has begun',
    count: 2,
    draw: (draws, shape) => ({
      harm: { kind: 'rival', afterMs: Math.floor(draws.between(2000, 4000)) },
      moment: at('step', draws, [0, shape.steps], 0),
      everyMinutes: EVERY_STEP,
    }),
  },
  damage('a checkpoint cut short', 'cut short', ['newest']),
  damage('a checkpoint changed by a bit', 'changed by a bit', ['newest', 'best']),
  damage('a checkpoint emptied', 'emptied', ['newest']),
  damage('the index of the checkpoints cut short', 'cut short', ['index']),
  full('disk full in a checkpoint', 'part of a checkpoint', inTheMiddle),
  full('disk full after a checkpoint, before the index', 'a checkpoint', inTheMiddle),
  full('disk full for a row of metrics', 'none', ({ steps }) => [0, steps - 1]),
  cutCache('the photo cache cut short between two attempts', 'the pause', inTheMiddle),
  cutCache('the photo cache cut short while it is read', 'training', ({ steps }) => [0, steps]),
];

export const FAULT_NAMES: readonly string[] = [...TOGETHER, ...ALONE].map(({ name }) => name);

/** @param seed in [0, 2^53) */
export function drawPlan(seed: number, shape: Shape): Ordeal[] {
  const draws = new Draws('shuffle', { seed, epoch: 0, index: 0 });
  const drawn = (rows: readonly Row[]): Fault[] => rows.flatMap((row) => Array.from({ length: row.count }, (_, nth) => fault(row, nth)));
  const fault = ({ name, draw }: Row, nth: number): Fault => {
    const everyMinutes = EVERY_MINUTES[draws.below(EVERY_MINUTES.length)] ?? EVERY_STEP;
    return { name, everyMinutes, ...draw(draws, shape, nth) };
  };
  const together = draws.shuffled(drawn(TOGETHER));
  const ordeals: Ordeal[] = [];
  for (let first = 0; first < together.length; first += LENGTH)
    ordeals.push(together.slice(first, first + LENGTH).sort((a, b) => a.moment.step - b.moment.step));
  return draws.shuffled([...ordeals, ...drawn(ALONE).map((fault) => [fault])]);
}

/** The same fault for a second try, after a moment that did not come or came too late. */
export function sooner(fault: Fault): Fault {
  return { ...fault, moment: { ...fault.moment, delayMs: Math.floor(fault.moment.delayMs / 2) } };
}
