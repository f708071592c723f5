/** Shows a run as it goes on: on a terminal one picture that is redrawn, elsewhere a line for each change. */
import { visible } from '../../configs/visible.js';
import type { RunStatus, TaskStatus } from '../../workers/report.js';
import { describeRun, measuresOf, noteOf, span } from './words.js';

export interface Screen {
  show(status: RunStatus): void;
  /** A remark between the pictures. */
  remark(text: string): void;
}

export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export function screenFor(output: Output): Screen {
  return output.isTTY === true ? drawing(output) : lines(output);
}

/** Redraws in place; every line is cut to the terminal's width, so that the number of lines is known. */
function drawing(output: Output): Screen {
  let drawn = 0;
  const erase = (): void => {
    if (drawn > 0) output.write(`\u001b[${drawn}A\u001b[0J`);
    drawn = 0;
  };
  return {
    show: (status) => {
      const width = (output.columns ?? 80) - 1;
      const picture = visible(describeRun(status))
        .split('\n')
        .map((line) => line.slice(0, width));
      erase();
      output.write(`${picture.join('\n')}\n`);
      drawn = picture.length;
    },
    remark: (text) => {
      erase();
      output.write(`${visible(text)}\n`);
    },
  };
}

/** Least time between two lines about the progress of one task. */
const PROGRESS_EVERY_MS = 5_000;

function lines(output: Output): Screen {
  const told = new Map<string, { readonly state: string; readonly note: string; readonly at: number }>();
  let state: string | undefined;
  const tell = (task: TaskStatus): void => {
    const note = [noteOf(task), ...measuresOf(task.progress)].filter((part) => part !== '').join(' · ');
    const last = told.get(task.name);
    if (last === undefined && task.state === 'waiting') return;
    const same = last?.state === task.state;
    if (same && (last.note === note || performance.now() - last.at < PROGRESS_EVERY_MS)) return;
    told.set(task.name, { state: task.state, note, at: performance.now() });
    const took =
      task.startedAt === null || task.endedAt === null ? '' : ` in ${span(Date.parse(task.endedAt) - Date.parse(task.startedAt))}`;
    output.write(`${visible(`${task.name}: ${task.state}${took}${note === '' ? '' : ` · ${note}`}`)}\n`);
  };
  return {
    show: (status) => {
      status.tasks.forEach(tell);
      if (state !== undefined && state !== status.state) output.write(`run ${status.run} is ${status.state}\n`);
      state = status.state;
    },
    remark: (text) => void output.write(`${visible(text)}\n`),
  };
}
