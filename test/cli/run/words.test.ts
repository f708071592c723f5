import assert from 'node:assert/strict';
import { listedRun } from '../../../cli/runs.js';
import { screenFor } from '../../../cli/run/screen.js';
import { describeProgress, describeRun, measuresOf, span } from '../../../cli/run/words.js';
import type { RunStatus, TaskStatus } from '../../../workers/report.js';

const task = (change: Partial<TaskStatus>): TaskStatus => ({
  name: 'train',
  stage: 5,
  state: 'waiting',
  attempts: 0,
  reason: 'waits for model',
  fingerprint: null,
  startedAt: null,
  endedAt: null,
  progress: null,
  unattended: null,
  artifacts: [],
  failure: null,
  awaitsApproval: false,
  fromRun: null,
  summary: {},
  warnings: [],
  ...change,
});
const status = (...tasks: TaskStatus[]): RunStatus => ({
  run: 'r',
  pipeline: 'p',
  state: 'running',
  until: null,
  startedAt: '2026-01-01T00:00:00Z',
  endedAt: null,
  tasks,
  source: 'workflow',
  remark: null,
});
const now = Date.parse('2026-01-01T00:01:30Z');

describe('a run in words', () => {
  /** As the trainer tells it: names and units of a row of steps. */
  const progress = {
    message: 'epoch 3/10 step 5/12',
    done: 29,
    total: 120,
    unit: 'steps',
    secondsLeft: 725,
    numbers: {
      epoch: 3,
      step: 29,
      steps: 5,
      loss: 0.123456,
      accuracy: 0.8,
      lr: 2.94e-4,
      gradNorm: 3.14159,
      imagesPerSecond: 41.26,
      dataWaitShare: 0.0042,
      memoryMb: 2877.4,
      valLoss: 0.2,
      valAccuracy: 0.75,
    },
  };

  it('tells where a task stands and what is left', () => {
    assert.equal(describeProgress(progress), 'epoch 3/10 step 5/12 · 29/120 steps · 12 min left');
  });

  it('shows what a task measures below it, in lines that fit into a terminal', () => {
    const text = describeRun(status(task({ state: 'running', startedAt: '2026-01-01T00:01:00Z', progress })), now).split('\n');
    assert.deepEqual(text.slice(1), [
      '  ▸  5  train  running      30 s  epoch 3/10 step 5/12 · 29/120 steps · 12 min left',
      '        loss 0.1235 · accuracy 0.80 · learning rate 2.9e-4 · gradient norm 3.1416',
      '        validation loss 0.2 · validation accuracy 0.75',
      '        41.3 images/s · waits for data 0.4 % · memory 2877 MiB',
    ]);
  });

  it('shows of what is measured just what there is', () => {
    assert.deepEqual(measuresOf({ message: 'validating', numbers: { loss: 1, other: 2 } }), ['loss 1']);
    assert.deepEqual([measuresOf({ message: 'validating' }), measuresOf(null)], [[], []]);
  });

  it('has a line per task, what is wrong, and the command that goes on', () => {
    const blocked = task({
      name: 'audit',
      stage: 2,
      state: 'blocked',
      startedAt: '2026-01-01T00:00:00Z',
      endedAt: '2026-01-01T00:00:05Z',
      failure: { code: 'DATASET', message: 'too small', where: 'beach/good/a.jpg', cure: 'replace it' },
    });
    const text = describeRun({ ...status(blocked, task({})), state: 'blocked' }, now);
    assert.deepEqual(text.split('\n'), [
      'run r (p) is blocked, 90 s',
      '  ✗  2  audit  blocked     5.0 s  too small',
      '  ·  5  train  waiting            waits for model',
      'error: audit: beach/good/a.jpg: too small [DATASET]',
      '  cure: replace it',
      'then: emo-aen retry r (with --set path=value to change settings), or emo-aen cancel r',
    ]);
  });

  it('says where a run ends, which task asks for approval, and how to go on where one is blocked beside it', () => {
    const gate = task({ name: 'publish', stage: 7, awaitsApproval: true, reason: 'waits for approval (look at it)' });
    const failed = task({ state: 'blocked', failure: { code: 'DATASET', message: 'bad', where: null, cure: null } });
    assert.deepEqual(describeRun({ ...status(gate), state: 'blocked', until: 'publish' }, now).split('\n'), [
      'run r (p) is blocked, until publish, 90 s',
      '  ?  7  publish  waiting            waits for approval (look at it)',
      'publish waits for approval: emo-aen approve r publish',
    ]);
    const both = describeRun({ ...status(failed, gate), state: 'blocked' }, now);
    assert.match(both, /emo-aen approve r publish\nthen: emo-aen retry r /);
  });

  it('is one line in the list of runs: what was asked for, how much of it there is, and what waits for a person', () => {
    const listed = {
      run: 'r',
      pipeline: 'p',
      state: 'blocked',
      startedAt: '2026-01-01T00:00:00Z',
      endedAt: null,
      settled: 8,
      tasks: 9,
    } as const;
    assert.equal(
      listedRun({ ...listed, until: 'publish', awaitsApproval: ['publish'] }, now),
      'r  blocked  p  8/9 tasks until publish  began 2026-01-01T00:00:00Z, 90 s  waits for approval of publish',
    );
    assert.equal(
      listedRun({ ...listed, until: null, awaitsApproval: [] }, now),
      'r  blocked  p  8/9 tasks  began 2026-01-01T00:00:00Z, 90 s',
    );
  });

  it('gives times in the unit that fits', () => {
    assert.deepEqual([900, 59_000, 600_000, 10_000_000].map(span), ['0.9 s', '59 s', '10 min', '2.8 h']);
  });
});

describe('a run on a screen', () => {
  const written = (isTTY: boolean) => {
    const output = { isTTY, columns: 40, text: '', write: (text: string) => void (output.text += text) };
    return output;
  };
  const running = task({ state: 'running', reason: 'first run' });

  it('is a line per change where there is no terminal', () => {
    const output = written(false);
    const screen = screenFor(output);
    screen.show(status(task({})));
    screen.show(status(running));
    screen.show(status(running));
    screen.show({
      ...status(task({ state: 'done', reason: 'first run', startedAt: '2026-01-01T00:00:00Z', endedAt: '2026-01-01T00:00:02Z' })),
      state: 'completed',
    });
    assert.equal(output.text, 'train: running · first run\ntrain: done in 2.0 s · first run\nrun r is completed\n');
  });

  it('has what a task measures in its line, too', () => {
    const output = written(false);
    const numbers = { loss: 0.25, gradNorm: 2 };
    screenFor(output).show(status(task({ state: 'running', progress: { message: 'epoch 1/2 step 1/2', numbers } })));
    assert.equal(output.text, 'train: running · epoch 1/2 step 1/2 · loss 0.25 · gradient norm 2\n');
  });

  it('is redrawn in place on one, no line longer than it is wide', () => {
    const output = written(true);
    const screen = screenFor(output);
    screen.show(status(running));
    screen.show(status(task({ state: 'running', reason: 'x'.repeat(100) })));
    assert.ok(output.text.includes('\u001b[2A\u001b[0J'), 'the two lines of the first picture are erased');
    const pictures = output.text.split('\u001b[2A\u001b[0J');
    for (const line of pictures.flatMap((picture) => picture.split('\n'))) assert.ok(line.length < 40, line);
  });
});
