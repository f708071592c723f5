/**
 * What a chaos run does to the orchestrator, drawn from a seed: DAGs, and what processes and people do while they run. Pure, so that a
 * seed that failed does the same again; only how far a run comes in so many milliseconds is the machine's.
 */
import { Draws } from '../../../ml/random/philox.js';

export interface DrawnTask {
  readonly name: string;
  readonly needs: readonly string[];
  readonly queue: 'cpu' | 'gpu';
  readonly ms: number;
  readonly fails: 'never' | 'passing' | 'stubborn';
  readonly times: number;
  readonly optional: boolean;
  readonly approval: boolean;
  /** Its failure ends the run; drawn stories have none, for they must come to their end. */
  readonly failFast?: boolean;
}

export type Process = 'server' | 'cpu' | 'gpu';

/** Something that happens `afterMs` after what happened before. `nth` chooses among the tasks that it could be about. */
export type Act =
  /** kill -9 of processes at once, and `emo-aen up` after a while. */
  | { readonly kind: 'kill'; readonly processes: readonly Process[]; readonly afterMs: number; readonly downMs: number }
  /** SIGTERM: the worker saves what it does. */
  | { readonly kind: 'end'; readonly process: 'cpu' | 'gpu'; readonly afterMs: number; readonly downMs: number }
  /** A command that a person types; killed after `killMs`, unless that is null. */
  | { readonly kind: 'type'; readonly words: Words; readonly nth: number; readonly afterMs: number; readonly killMs: number | null };

export type Words = 'retry' | 'retry a task' | 'skip' | 'pause' | 'resume' | 'approve' | 'status';

export interface Story {
  readonly name: string;
  readonly tasks: readonly DrawnTask[];
  readonly acts: readonly Act[];
}

const KILLS: readonly (readonly Process[])[] = [
  ['cpu'],
  ['gpu'],
  ['server'],
  ['cpu', 'gpu'],
  ['server', 'cpu'],
  ['server', 'gpu'],
  // The whole machine off.
  ['server', 'cpu', 'gpu'],
];
const WORDS: readonly Words[] = [
  'retry',
  'retry',
  'retry a task',
  'skip',
  'skip',
  'pause',
  'resume',
  'resume',
  'approve',
  'approve',
  'status',
];

/** How many kills each story has, of processes and of typed commands. */
export const KILLS_PER_STORY = 9;

export function drawStories(seed: number, count: number): Story[] {
  return Array.from({ length: count }, (_, index) => drawStory(seed, index));
}

function drawStory(seed: number, index: number): Story {
  const draws = new Draws('shuffle', { seed, epoch: 1, index });
  const oneOf = <Item>(items: readonly Item[]): Item => items[draws.below(items.length)] as Item;
  const chance = (share: number): boolean => draws.uniform() < share;
  const soon = (most: number): number => Math.floor(draws.between(0, most));

  const kill = (nth: number): Act => {
    const isClient = nth % 4 === 3;
    if (isClient)
      return {
        kind: 'type',
        words: oneOf(WORDS),
        nth: draws.below(1_000),
        afterMs: soon(400),
        killMs: Math.floor(draws.between(250, 1_500)),
      };
    return { kind: 'kill', processes: KILLS[(index + nth) % KILLS.length] ?? ['cpu'], afterMs: soon(1_500), downMs: soon(800) };
  };
  const other = (): Act =>
    chance(0.15)
      ? { kind: 'end', process: oneOf(['cpu', 'gpu'] as const), afterMs: soon(500), downMs: soon(300) }
      : { kind: 'type', words: oneOf(WORDS), nth: draws.below(1_000), afterMs: soon(400), killMs: null };
  const kills = Array.from({ length: KILLS_PER_STORY }, (_, nth) => kill(nth));
  const others = Array.from({ length: KILLS_PER_STORY }, other);
  return { name: `story-${index}`, tasks: drawTasks(draws, oneOf, chance), acts: draws.shuffled([...kills, ...others]) };
}

function drawTasks(draws: Draws, oneOf: <Item>(items: readonly Item[]) => Item, chance: (share: number) => boolean): DrawnTask[] {
  const tasks: DrawnTask[] = [];
  const count = 10 + draws.below(8);
  for (let number = 0; number < count; number++) {
    // A few tasks back at most, so that the DAG is deep as well as wide.
    const near = tasks.slice(-5).map(({ name }) => name);
    const needs = number === 0 ? [] : draws.shuffled(near).slice(0, draws.below(Math.min(3, near.length)) + (chance(0.8) ? 1 : 0));
    const fails = chance(0.4) ? oneOf(['passing', 'stubborn'] as const) : 'never';
    tasks.push({
      name: `t${number}`,
      needs: needs.sort(),
      queue: chance(0.25) ? 'gpu' : 'cpu',
      ms: Math.floor(draws.between(0, 1_200)),
      fails,
      times: fails === 'never' ? 0 : 1 + draws.below(2),
      optional: chance(0.2),
      approval: chance(0.1),
    });
  }
  return tasks;
}
