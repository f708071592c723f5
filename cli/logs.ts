/** `emo-aen logs`: what happened in a run, in order: what people did and what its tasks did. */
import { readEvents, type TaskEvent } from '../activities/events.js';
import type { Ledger } from '../configs/schema/ledger.js';
import { readLedger } from '../workers/candidates.js';
import { unknownRun } from '../workers/observe.js';
import { action, command } from './command.js';
import { insistOnTask } from './run/which.js';
import { describeProgress, measuresOf } from './run/words.js';

interface LogLine {
  readonly at: string;
  /** Null for what concerns the run as a whole. */
  readonly task: string | null;
  readonly event: string;
  readonly message: string;
}

export const logsCommand = command('logs <run> [task]', 'what happened in a run, or to one task of it').action(
  action(async (terminal, _options, [run = '', task]) => {
    const ledger = await readLedger(terminal.root, run);
    if (ledger === null) throw await unknownRun(terminal.root, run);
    if (task !== undefined) insistOnTask(ledger, task);
    const lines = [...fromLedger(ledger), ...(await readEvents(terminal.root, run)).map(fromTask)]
      .filter((line) => task === undefined || line.task === task)
      .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    const text = lines.map(
      ({ at, task: name, event, message }) => `${at}  ${name ?? 'run'}  ${event}${message === '' ? '' : `: ${message}`}`,
    );
    terminal.answer({ run, events: lines }, text.join('\n'));
  }),
);

/** What people did; and what became of tasks without an activity: reused, skipped. */
function fromLedger(ledger: Ledger): LogLine[] {
  const people = ledger.events.flatMap(({ at, by, action: what, tasks, overrides, reason }): LogLine[] => {
    const set = overrides.map(({ path, value }) => `--set ${path}=${JSON.stringify(value)}`);
    const message = [`by ${by}`, ...set, ...(reason === null ? [] : [reason])].join(' ');
    return tasks.length === 0 ? [{ at, task: null, event: what, message }] : tasks.map((task) => ({ at, task, event: what, message }));
  });
  const reused = ledger.tasks.flatMap(({ plan, state, endedAt, reason }) =>
    state === 'reused' && endedAt !== null ? [{ at: endedAt, task: plan.name, event: state, message: reason }] : [],
  );
  const end = ledger.endedAt === null ? [] : [{ at: ledger.endedAt, task: null, event: ledger.state, message: '' }];
  return [...people, ...reused, ...end];
}

function fromTask({ at, task, attempt, event, message, progress }: TaskEvent): LogLine {
  const text = progress === undefined ? message : [describeProgress(progress), ...measuresOf(progress)].join(' · ');
  return { at, task, event, message: attempt > 1 && event !== 'started' ? `(attempt ${attempt}) ${text}` : text };
}
