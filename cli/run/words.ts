/** A run's standing in words: tables for people, one line per change for logs. */
import type { Progress } from '../../configs/schema/payload.js';
import type { RunStatus, TaskStatus } from '../../workers/report.js';

/** Of the states, for those who do not see colours; also in drawings. */
export const MARKS: Record<TaskStatus['state'], string> = {
  waiting: '·',
  running: '▸',
  retrying: '↻',
  blocked: '✗',
  done: '✓',
  reused: '=',
  skipped: '-',
  cancelled: '-',
};

/** A task that waits for a person. */
const ASKS = '?';

/** The whole standing: a head line, a line per task, below it what a task measures, what is wrong and what to do about it. */
export function describeRun(status: RunStatus, now = Date.now()): string {
  const { run, pipeline, state, until, startedAt, endedAt, tasks, remark, source } = status;
  const widths = { name: widest(tasks.map(({ name }) => name)), state: widest(tasks.map((task) => task.state)) };
  const lines = tasks.flatMap((task) => {
    const cells = [
      task.awaitsApproval ? ASKS : MARKS[task.state],
      String(task.stage),
      task.name.padEnd(widths.name),
      task.state.padEnd(widths.state),
      timeOf(task, now).padStart(8),
    ];
    return [
      `  ${cells.join('  ')}  ${noteOf(task)}`.trimEnd(),
      ...(task.unattended === null ? measuresOf(task.progress) : []).map((line) => `        ${line}`),
    ];
  });
  const head = `run ${run} (${pipeline}) is ${state}${until === null ? '' : `, until ${until}`}, ${duration(startedAt, endedAt, now)}${source === 'ledger file' && remark !== null ? ' (ledger file)' : ''}`;
  return [head, ...(remark === null ? [] : [remark]), ...lines, ...troubles(status)].join('\n');
}

/** What a task is doing or why it stands where it does, on one line. */
export function noteOf(task: TaskStatus): string {
  if (task.unattended !== null) return task.unattended;
  if (task.state === 'running' || task.state === 'retrying') {
    const progress = task.progress === null ? task.reason : describeProgress(task.progress);
    return task.state === 'retrying' ? `attempt ${task.attempts}: ${progress}` : progress;
  }
  if (task.state === 'blocked') return firstLine(task.failure?.message ?? task.reason);
  const summary = Object.entries(task.summary).map(([name, value]) => `${name} ${shown(value)}`);
  return [...(summary.length === 0 ? [task.reason] : [`(${task.reason})`]), ...summary].join(' · ');
}

/** `epoch 3/10 step 9/12 · 41/120 steps · 12 min left`. */
export function describeProgress({ message, done, total, unit, secondsLeft }: Progress): string {
  const parts = [message];
  if (done !== undefined)
    parts.push(`${shown(done)}${total === undefined ? '' : `/${shown(total)}`}${unit === undefined ? '' : ` ${unit}`}`);
  if (secondsLeft !== undefined) parts.push(`${span(secondsLeft * 1000)} left`);
  return parts.join(' · ');
}

type Measure = readonly [name: string, words: (value: number) => string];

/** The numbers of rows of metrics (ml/engine/metrics-log.ts) that people want to see: how it learns, how well, how fast. */
const MEASURES: readonly (readonly Measure[])[] = [
  [
    ['loss', (value) => `loss ${shown(value)}`],
    ['accuracy', (value) => `accuracy ${value.toFixed(2)}`],
    ['lr', (value) => `learning rate ${value.toExponential(1)}`],
    ['gradNorm', (value) => `gradient norm ${shown(value)}`],
  ],
  [
    ['valLoss', (value) => `validation loss ${shown(value)}`],
    ['valAccuracy', (value) => `validation accuracy ${value.toFixed(2)}`],
  ],
  [
    ['imagesPerSecond', (value) => `${value.toFixed(1)} images/s`],
    ['dataWaitShare', (value) => `waits for data ${(100 * value).toFixed(1)} %`],
    ['memoryMb', (value) => `memory ${Math.round(value)} MiB`],
  ],
];

/** Lines of what is measured; none where progress has no such numbers. */
export function measuresOf(progress: Progress | null | undefined): string[] {
  const lines = MEASURES.map((line) =>
    line.flatMap(([name, words]) => {
      const value = progress?.numbers?.[name];
      return value === undefined ? [] : [words(value)];
    }),
  );
  return lines.filter((line) => line.length > 0).map((line) => line.join(' · '));
}

/** Failures with their cures, warnings, and the command that goes on. */
export function troubles({ run, state, tasks }: RunStatus): string[] {
  const lines: string[] = [];
  for (const { name, state: taskState, failure, warnings } of tasks) {
    for (const warning of warnings) lines.push(`warning: ${name}: ${warning}`);
    if (taskState !== 'blocked' || failure === null) continue;
    lines.push(`error: ${name}: ${failure.where === null ? '' : `${failure.where}: `}${failure.message} [${failure.code}]`);
    if (failure.cure !== null) lines.push(`  cure: ${failure.cure}`);
  }
  const gates = tasks.filter(({ awaitsApproval }) => awaitsApproval).map(({ name }) => name);
  for (const gate of gates) lines.push(`${gate} waits for approval: emo-aen approve ${run} ${gate}`);
  if (state === 'blocked' && (gates.length === 0 || tasks.some((task) => task.state === 'blocked')))
    lines.push(`then: emo-aen retry ${run} (with --set path=value to change settings), or emo-aen cancel ${run}`);
  if (state === 'paused') lines.push(`go on with: emo-aen resume ${run}`);
  return lines;
}

export function span(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (milliseconds < 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

function duration(startedAt: string, endedAt: string | null, now: number): string {
  return span((endedAt === null ? now : Date.parse(endedAt)) - Date.parse(startedAt));
}

function timeOf({ startedAt, endedAt }: TaskStatus, now: number): string {
  return startedAt === null ? '' : duration(startedAt, endedAt, now);
}

function shown(value: string | number | boolean | null): string {
  if (typeof value !== 'number' || Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 0.001 && Math.abs(value) < 10_000 ? String(Number(value.toFixed(4))) : value.toExponential(2);
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length));
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
