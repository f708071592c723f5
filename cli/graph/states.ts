/**
 * How the states of tasks look in a drawing. The colours are those of Okabe and Ito ("Color Universal Design", 2008), which people with any
 * kind of colour blindness tell apart; each state has its mark and its word beside them.
 */
import type { TaskState } from '../../configs/schema/ledger.js';
import { MARKS } from '../run/words.js';

export interface Look {
  readonly mark: string;
  /** CSS colours: of the frame, and of the box on light and on dark pages. */
  readonly stroke: string;
  readonly light: string;
  readonly dark: string;
}

const COLOURS: Readonly<Record<TaskState, Omit<Look, 'mark'>>> = {
  done: { stroke: '#009e73', light: '#d9f2ea', dark: '#00382a' },
  reused: { stroke: '#56b4e9', light: '#e3f3fc', dark: '#123a52' },
  running: { stroke: '#0072b2', light: '#cfe6f5', dark: '#002d47' },
  retrying: { stroke: '#e69f00', light: '#fdf0d2', dark: '#4a3300' },
  blocked: { stroke: '#d55e00', light: '#fbe0cf', dark: '#4a2000' },
  skipped: { stroke: '#8a8a8a', light: '#ececec', dark: '#303030' },
  cancelled: { stroke: '#cc79a7', light: '#f7e6ef', dark: '#472638' },
  waiting: { stroke: '#818b98', light: '#ffffff', dark: '#0d1117' },
};

/** In the order in which a legend names them. */
export const STATES = Object.keys(COLOURS) as readonly TaskState[];

export function lookOf(state: TaskState): Look {
  return { mark: MARKS[state], ...COLOURS[state] };
}

/** Those of the states that there are, in the legend's order. */
export function present(tasks: readonly { readonly state?: TaskState }[]): TaskState[] {
  const found = new Set(tasks.map(({ state }) => state));
  return STATES.filter((state) => found.has(state));
}
