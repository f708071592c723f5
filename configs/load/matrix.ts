/**
 * `matrix: { seed: [1, 2], width: [0.75, 1] }`: the combinations that a task is done for. `exclude` leaves out every combination
 * that has the values it names, as in GitHub Actions; `include` adds combinations, each whole, so that every leg has every key.
 */
import { LONGEST_NAME } from '../schema/names.js';
import type { MatrixValue } from '../schema/pipeline.js';
import { inWords } from './check.js';
import { quoted, type Diagnostics } from './diagnostics.js';
import type { DraftTask } from './draft.js';
import type { Located, LocatedMap, Span } from './located.js';
import { nearest } from './nearest.js';

export type Values = Readonly<Record<string, MatrixValue>>;

/** As in GitHub Actions. */
const MOST_LEGS = 256;
/** Combinations that are looked at before `exclude` has its say. */
const MOST_COMBINATIONS = 10_000;
const KEY = /^[A-Za-z_][\w-]*$/;

/** Name and values of each leg, in the order of the lists, the last key turning fastest; null where the matrix is not sound. */
export function expandMatrix(task: DraftTask, matrix: LocatedMap, found: Diagnostics): Map<string, Values> | null {
  const told = new Faults(task, matrix, found);
  const lists = listsOf(matrix, told);
  const product = [...lists.values()].reduce((count, values) => count * values.length, 1);
  if (product > MOST_COMBINATIONS) return told.tooMany(product);
  const excluded = rowsOf(matrix, 'exclude', lists, told);
  const included = rowsOf(matrix, 'include', lists, told);
  if (!told.sound) return null;
  const combinations = combine(lists).filter((values) => !excluded.some((row) => agree(row, values)));
  const legs = [...combinations, ...included];
  if (legs.length > MOST_LEGS) return told.tooMany(legs.length);
  if (legs.length === 0) told.add(matrix.span, [], `the matrix of ${quoted(task.name)} has no legs: \`exclude\` leaves none`);
  const named = new Map<string, Values>();
  // `include` says its keys in any order.
  for (const leg of legs) name(task.name, Object.fromEntries([...lists.keys()].map((key) => [key, leg[key] ?? ''])), named, told);
  return told.sound ? named : null;
}

/** Whether two legs, of one task or two, have the same values for the keys that both have. */
export function agree(a: Values, b: Values): boolean {
  return Object.entries(a).every(([key, value]) => !Object.hasOwn(b, key) || b[key] === value);
}

class Faults {
  sound = true;

  constructor(
    readonly task: DraftTask,
    readonly matrix: LocatedMap,
    private readonly found: Diagnostics,
  ) {}

  add(span: Span, path: readonly PropertyKey[], message: string, advice: Parameters<Diagnostics['add']>[3] = {}): void {
    this.sound = false;
    this.found.add(span, ['tasks', this.task.name, 'matrix', ...path], message, advice);
  }

  tooMany(count: number): null {
    const message = `the matrix of ${quoted(this.task.name)} makes ${count} legs; a task may have ${MOST_LEGS}`;
    this.add(this.matrix.span, [], message, { help: 'shorten its lists, or exclude combinations' });
    return null;
  }
}

/** The lists by key. What is no list of plain values has been told by the schema, and makes the matrix unsound. */
function listsOf(matrix: LocatedMap, told: Faults): Map<string, readonly MatrixValue[]> {
  const lists = new Map<string, readonly MatrixValue[]>();
  for (const [key, entry] of matrix.entries) {
    if (key === 'exclude' || key === 'include') continue;
    if (!KEY.test(key))
      told.add(entry.key, [key], `${quoted(key)} cannot be a key of a matrix`, {
        help: 'a key has letters, digits, dashes and underlines',
      });
    const values = entry.value.kind === 'list' ? entry.value.items.map(valueOf) : [null];
    if (values.length === 0 || values.includes(null)) told.sound = false;
    const plain = values.filter((value) => value !== null);
    const twice = plain.findIndex((value, index) => plain.indexOf(value) < index);
    if (twice !== -1) told.add(entry.value.span, [key], `${quoted(key)} has the value ${String(plain[twice])} twice`);
    lists.set(key, plain);
  }
  if (lists.size === 0)
    told.add(matrix.span, [], `the matrix of ${quoted(told.task.name)} has no keys`, { help: 'such as `seed: [1, 2, 3]`' });
  return lists;
}

/** The rows of `exclude` or `include`, checked against the lists. */
function rowsOf(
  matrix: LocatedMap,
  which: 'exclude' | 'include',
  lists: ReadonlyMap<string, readonly MatrixValue[]>,
  told: Faults,
): Values[] {
  const rows = matrix.entries.get(which)?.value;
  if (rows === undefined) return [];
  if (rows.kind !== 'list') {
    told.sound = false;
    return [];
  }
  return rows.items.flatMap((row, index) => {
    if (row.kind !== 'map') {
      told.sound = false;
      return [];
    }
    const values = new Map<string, MatrixValue>();
    for (const [key, entry] of row.entries) {
      const value = valueOf(entry.value);
      const list = lists.get(key);
      if (list === undefined) {
        const suggestion = nearest(key, lists.keys());
        told.add(entry.key, [which, index, key], `${quoted(key)} is no key of this matrix`, { suggestion });
      } else if (value === null) told.sound = false;
      else if (which === 'exclude' && !list.includes(value)) {
        told.add(entry.value.span, [which, index, key], `${quoted(key)} has no value ${inWords(entry.value)}, so this excludes nothing`);
      } else values.set(key, value);
    }
    const missing = which === 'include' ? [...lists.keys()].filter((key) => !row.entries.has(key)) : [];
    if (missing.length > 0)
      told.add(row.span, [which, index], `a leg that is included needs a value for ${missing.map(quoted).join(', ')}`);
    return [Object.fromEntries(values)];
  });
}

function valueOf(node: Located): MatrixValue | null {
  return node.kind === 'scalar' ? node.value : null;
}

function combine(lists: ReadonlyMap<string, readonly MatrixValue[]>): Values[] {
  return [...lists].reduce<Values[]>(
    (legs, [key, values]) => legs.flatMap((leg) => values.map((value) => ({ ...leg, [key]: value }))),
    [{}],
  );
}

/** `train-1-0.75`: what a command line, a file system and an activity's id all take. */
function name(task: string, values: Values, named: Map<string, Values>, told: Faults): void {
  const leg = [
    task,
    ...Object.values(values).map((value) =>
      String(value)
        .toLowerCase()
        .replaceAll(/[^a-z0-9.-]+/g, '-'),
    ),
  ].join('-');
  const { span } = told.matrix;
  if (named.has(leg)) {
    const help = 'other characters than letters, digits and dots become dashes in the names of legs: use values that then still differ';
    told.add(span, [], `two legs of ${quoted(task)} would be called ${quoted(leg)}`, { help });
  }
  if (leg.length > LONGEST_NAME)
    told.add(span, [], `the name of the leg ${quoted(`${leg.slice(0, LONGEST_NAME)}…`)} has ${leg.length} characters`, {
      help: `a name has at most ${LONGEST_NAME}: shorten the task's name or the values`,
    });
  named.set(leg, values);
}
