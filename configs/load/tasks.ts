/** What a schema cannot see in a pipeline: that names mean something, needs have an end, and numbers fit each other. */
import { CATALOG } from '../schema/catalog.js';
import { checkArtifacts } from './artifacts.js';
import { quoted, type Diagnostics } from './diagnostics.js';
import { isActivity, type DraftTask } from './draft.js';
import { milliseconds } from './duration.js';
import { find, type LocatedMap } from './located.js';
import { nearest } from './nearest.js';
import { orderTasks } from './order.js';

/** A year: nothing here takes longer, and every timer of the server can count it. */
const LONGEST_MS = 365 * 24 * 3_600_000;

/** Checks all tasks, each for itself and against each other. */
export function checkTasks(pipeline: LocatedMap, tasks: readonly DraftTask[], found: Diagnostics): void {
  const declared = find(pipeline, ['tasks']);
  if (declared?.value.kind === 'map' && declared.value.entries.size === 0) {
    found.add(declared.key ?? declared.value.span, ['tasks'], 'this pipeline has no tasks');
  }
  const names = new Set(tasks.map(({ name }) => name));
  for (const task of tasks) {
    checkUses(task, found);
    checkStage(task, found);
    checkNeeds(task, names, found);
    checkTimes(task, found);
  }
  const nodes = tasks.map((task) => ({ ...task, task, needs: task.needs.map(({ text }) => text) }));
  const { order, circles } = orderTasks(nodes);
  for (const circle of circles) reportCircle(circle, tasks, found);
  checkArtifacts(
    order.map(({ task }) => task),
    tasks,
    found,
  );
}

function checkUses({ name, uses }: DraftTask, found: Diagnostics): void {
  if (uses === null || isActivity(uses.text)) return;
  const activities = Object.keys(CATALOG);
  const suggestion = nearest(uses.text, activities);
  const help = suggestion === null ? `activities: ${activities.join(', ')}` : null;
  found.add(uses.span, ['tasks', name, 'uses'], `unknown activity ${quoted(uses.text)}`, { suggestion, help });
}

function checkStage({ name, activity, stage }: DraftTask, found: Diagnostics): void {
  if (activity === null || stage === null || CATALOG[activity].stage === stage.value) return;
  const message = `${quoted(activity)} belongs to stage ${CATALOG[activity].stage}, not ${stage.value}`;
  found.add(stage.span, ['tasks', name, 'stage'], message);
}

function checkNeeds({ name, needs }: DraftTask, names: ReadonlySet<string>, found: Diagnostics): void {
  needs.forEach(({ text, span }, index) => {
    const path = ['tasks', name, 'needs', index];
    if (!names.has(text)) {
      const suggestion = nearest(
        text,
        [...names].filter((other) => other !== name),
      );
      found.add(span, path, `${quoted(name)} needs ${quoted(text)}, which is no task of this pipeline`, { suggestion });
    } else if (needs.findIndex((other) => other.text === text) < index) {
      found.add(span, path, `${quoted(name)} needs ${quoted(text)} twice`);
    }
  });
}

function checkTimes({ name, timeout, heartbeat }: DraftTask, found: Diagnostics): void {
  for (const [key, word] of [['timeout', timeout] as const, ['heartbeat', heartbeat] as const]) {
    const time = word === null ? undefined : milliseconds(word.text);
    if (word === null || time === undefined || (time > 0 && time <= LONGEST_MS)) continue;
    const message = `a ${key} of ${word.text} is ${time > 0 ? 'longer than a year' : 'no time at all'}`;
    found.add(word.span, ['tasks', name, key], message);
  }
  const longest = milliseconds(timeout?.text ?? '');
  const beat = milliseconds(heartbeat?.text ?? '');
  if (heartbeat === null || longest === undefined || beat === undefined || beat <= longest) return;
  const message = `the heartbeat of ${quoted(name)}, ${heartbeat.text}, is longer than its timeout, ${timeout?.text ?? ''}`;
  found.add(heartbeat.span, ['tasks', name, 'heartbeat'], message, {
    help: 'a heartbeat that comes after the timeout can never be missed',
  });
}

/** Told at the need that closes the circle, in the task that was declared first. */
function reportCircle(circle: readonly string[], tasks: readonly DraftTask[], found: Diagnostics): void {
  const [first = '', second = first] = circle;
  const task = tasks.find(({ name }) => name === first);
  const index = task?.needs.findIndex(({ text }) => text === second) ?? -1;
  const span = task?.needs[index]?.span ?? task?.span;
  if (span === undefined) return;
  const around = [...circle, first].map(quoted).join(' needs ');
  found.add(span, ['tasks', first, 'needs', index], `circular need: ${around}`);
}
