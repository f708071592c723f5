/** What a schema cannot see in a pipeline: that names mean something, needs have an end, and numbers fit each other. */
import type { Catalog } from '../schema/catalog.js';
import { quoted, type Diagnostics } from './diagnostics.js';
import type { DraftTask, TimeName, Word } from './draft.js';
import { milliseconds } from './duration.js';
import type { Names } from './legs.js';
import { find, type LocatedMap } from './located.js';
import { nearest } from './nearest.js';
import { orderTasks } from './order.js';

/** A year: nothing here takes longer, and every timer of the server can count it. */
const LONGEST_MS = 365 * 24 * 3_600_000;

/** Checks all tasks as they are declared, each for itself and against each other. */
export function checkTasks(pipeline: LocatedMap, tasks: readonly DraftTask[], names: Names, catalog: Catalog, found: Diagnostics): void {
  const declared = find(pipeline, ['tasks']);
  if (declared?.value.kind === 'map' && declared.value.entries.size === 0) {
    found.add(declared.key ?? declared.value.span, ['tasks'], 'this pipeline has no tasks');
  }
  for (const task of tasks) {
    checkUses(task, catalog, found);
    checkStage(task, found);
    checkOnce(task, found);
    checkNeeds(task, names, found);
    checkTimes(task, found);
  }
  const nodes = tasks.map(({ name, needs }) => ({ name, needs: needs.map(({ text }) => names.taskOf(text) ?? text) }));
  for (const circle of orderTasks(nodes).circles) reportCircle(circle, tasks, names, found);
}

function checkUses({ name, uses }: DraftTask, { activities, broken }: Catalog, found: Diagnostics): void {
  if (uses === null) return;
  const path = ['tasks', name, 'uses'];
  const fault = broken.get(uses.text);
  if (fault !== undefined) {
    found.add(uses.span, path, `the activity ${quoted(uses.text)} cannot be used: ${fault.where}: ${fault.message}`, { help: fault.cure });
  } else if (!activities.has(uses.text)) {
    const known = [...activities.keys(), ...broken.keys()];
    const suggestion = nearest(uses.text, known);
    const help = suggestion === null ? `activities: ${known.join(', ')}` : null;
    found.add(uses.span, path, `unknown activity ${quoted(uses.text)}`, { suggestion, help });
  }
}

function checkStage({ name, uses, activity, stage }: DraftTask, found: Diagnostics): void {
  if (activity === null || stage === null || activity.stage === stage.value) return;
  const message = `${quoted(uses?.text ?? '')} belongs to stage ${activity.stage}, not ${stage.value}`;
  found.add(stage.span, ['tasks', name, 'stage'], message);
}

function checkOnce({ name, uses, activity, matrix }: DraftTask, found: Diagnostics): void {
  if (matrix === null || activity === null || activity.once === null) return;
  const message = `${quoted(uses?.text ?? '')} can have no matrix: ${activity.once}`;
  found.add(matrix.span, ['tasks', name, 'matrix'], message, { help: 'let it need one leg by its name' });
}

function checkNeeds({ name, needs }: DraftTask, names: Names, found: Diagnostics): void {
  const before = new Set<string>();
  needs.forEach(({ text, span }, index) => {
    const path = ['tasks', name, 'needs', index];
    if (names.taskOf(text) === undefined) {
      const others = names.all();
      others.delete(name);
      const message = `${quoted(name)} needs ${quoted(text)}, which is no task of this pipeline`;
      found.add(span, path, message, { suggestion: nearest(text, others) });
    } else if (before.has(text)) {
      found.add(span, path, `${quoted(name)} needs ${quoted(text)} twice`);
    }
    before.add(text);
  });
}

/** Times that must not be longer than another one, and why. */
const WITHIN: readonly (readonly [TimeName, TimeName, string])[] = [
  ['heartbeat', 'timeout', 'a heartbeat that comes after the timeout can never be missed'],
  ['timeout', 'totalTimeout', 'no try could ever take its time'],
  ['backoff', 'maxBackoff', 'it is the longest of all waits, the first among them'],
];
/** A time as messages name it. */
const WORDS: Readonly<Record<TimeName, string>> = {
  timeout: 'timeout',
  queueTimeout: 'queueTimeout',
  totalTimeout: 'totalTimeout',
  heartbeat: 'heartbeat',
  backoff: 'retry.backoff',
  maxBackoff: 'retry.maxBackoff',
};

function checkTimes({ name, times }: DraftTask, found: Diagnostics): void {
  for (const key of Object.keys(WORDS) as TimeName[]) {
    const word = times[key];
    const time = timeOf(word);
    // Not to wait before the next try is a choice.
    const some = time !== undefined && (time > 0 || key === 'backoff');
    if (word === null || time === undefined || (some && time <= LONGEST_MS)) continue;
    const message = `a ${WORDS[key]} of ${word.text} is ${some ? 'longer than a year' : 'no time at all'}`;
    found.add(word.span, ['tasks', name, ...WORDS[key].split('.')], message);
  }
  for (const [shorter, longer, why] of WITHIN) {
    const [word, limit] = [times[shorter], times[longer]];
    const [time, most] = [timeOf(word), timeOf(limit)];
    if (word === null || limit === null || time === undefined || most === undefined || time <= most) continue;
    const message = `the ${WORDS[shorter]} of ${quoted(name)}, ${word.text}, is longer than its ${WORDS[longer]}, ${limit.text}`;
    found.add(word.span, ['tasks', name, ...WORDS[shorter].split('.')], message, { help: why });
  }
}

function timeOf(word: Word | null): number | undefined {
  return word === null ? undefined : milliseconds(word.text);
}

/** Told at the need that closes the circle, in the task that was declared first. */
function reportCircle(circle: readonly string[], tasks: readonly DraftTask[], names: Names, found: Diagnostics): void {
  const [first = '', second = first] = circle;
  const task = tasks.find(({ name }) => name === first);
  const index = task?.needs.findIndex(({ text }) => names.taskOf(text) === second) ?? -1;
  const span = task?.needs[index]?.span ?? task?.span;
  if (span === undefined) return;
  const around = [...circle, first].map(quoted).join(' needs ');
  found.add(span, ['tasks', first, 'needs', index], `circular need: ${around}`);
}
