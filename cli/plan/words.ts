/** What is foreseen, for people. */
import { span } from '../run/words.js';
import type { Estimate, Estimated } from './estimate.js';

/** A line a task: its stage, its name, what would be done, how long that takes, and the reasons; and lines that sum up. */
export function planText({ tasks, seconds, unknown }: Estimate): string {
  const width = Math.max(...tasks.map(({ name }) => name.length));
  const times = tasks.map(timeOf);
  const timeWidth = Math.max(...times.map((time) => time.length));
  const lines = tasks.map((task, index) => {
    const { name, stage, action, reasons, approval } = task;
    const asked = approval === null ? [] : [`asks for approval first: ${approval}`];
    const cells = [stage, name.padEnd(width), action.padEnd(5), ...(timeWidth === 0 ? [] : [(times[index] ?? '').padStart(timeWidth)])];
    return `${cells.join('  ')}  ${[...reasons, ...asked].join('; ')}`;
  });
  const counted = COUNTED.flatMap(([action, words]) => {
    const count = tasks.filter((task) => task.action === action).length;
    return count === 0 && action === 'keep' ? [] : [`${count} ${words}`];
  });
  const remarks = tasks.some(({ reasons }) => reasons.some((reason) => reason.startsWith('upstream '))) ? [UPSTREAM] : [];
  return [...lines, '', `${counted.join(', ')}${totalOf(tasks, seconds, unknown)}`, ...remarks].join('\n');
}

const COUNTED = [
  ['run', 'to run'],
  ['reuse', 'to reuse'],
  ['keep', 'left as they are'],
] as const;

const UPSTREAM = 'upstream: what it will make is not known yet; what it made before is reused after all if it comes out the same';

function timeOf({ estimateSeconds }: Estimated): string {
  if (estimateSeconds === null) return '?';
  return estimateSeconds === 0 ? '' : span(estimateSeconds * 1000);
}

function totalOf(tasks: readonly Estimated[], seconds: number, unknown: readonly string[]): string {
  if (unknown.length === 0)
    return tasks.every(({ action }) => action !== 'run') ? '' : `; about ${span(seconds * 1000)}, as earlier runs took`;
  if (seconds === 0) return '; no earlier run says how long that takes';
  const most = unknown.slice(0, MOST_NAMED).join(', ');
  const names = unknown.length > MOST_NAMED ? `${most} and ${unknown.length - MOST_NAMED} more` : most;
  return `; at least ${span(seconds * 1000)}: no earlier run says how long ${names} would take`;
}

const MOST_NAMED = 5;
