import assert from 'node:assert/strict';
import { screenFor } from '../../../cli/run/screen.js';
import { describeProgress, describeRun, span } from '../../../cli/run/words.js';
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
  artifacts: [],
  failure: null,
  fromRun: null,
  summary: {},
  warnings: [],
  ...change,
});
const status = (...tasks: TaskStatus[]): RunStatus => ({
  run: 'r',
  pipeline: 'p',
  state: 'running',
  startedAt: '2026-01-01T00:00:00Z',
  endedAt: null,
  tasks,
  source: 'workflow',
  remark: null,
});
const now = Date.parse('2026-01-01T00:01:30Z');

describe('a run in words', () => {
  it('tells epoch, step, loss, accuracy and time left', () => {
    const progress = {
      message: 'epoch 3 of 10, loss 0.12, accuracy 0.80',
      done: 41,
      total: 120,
      unit: 'steps',
      secondsLeft: 725,
      numbers: { loss: 0.123456, accuracy: 0.8 },
    };
    assert.equal(describeProgress(progress), 'epoch 3 of 10, loss 0.12, accuracy 0.80 · 41/120 steps · 12 min left');
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
