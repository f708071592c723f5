import assert from 'node:assert/strict';
import { Problem } from '../../../configs/problem.js';
import type { Ledger, TaskState } from '../../../configs/schema/ledger.js';
import { insistOnRead, retryChanges } from '../../../cli/run/changes.js';
import { openLedger, withTask } from '../../../workflows/ledger.js';
import { inputOf, planned, planOf } from '../../workflows/plans.js';

const task = (name: string, needs: string[], settings: object) => planned(name, { kind: 'train', needs, settings });
const planWith = (pairs: number, seed: number) =>
  planOf(
    task('model', [], { seed }),
    task('train', ['model'], { seed, loop: { pairs } }),
    task('evaluate', ['train'], { loop: { pairs } }),
  );

function ledgerWith(states: Record<string, TaskState>): Ledger {
  let ledger = openLedger(inputOf('r', planWith(16, 0)), 'then');
  for (const [name, state] of Object.entries(states)) ledger = withTask(ledger, name, { state });
  return ledger;
}

const blocked = ledgerWith({ model: 'done', train: 'blocked' });
const train = new Set(['train']);

describe('what a retry changes', () => {
  it('is nothing where nothing changed', () => {
    assert.deepEqual(retryChanges(blocked, train, planWith(16, 0), planWith(16, 0)), { plan: [], notes: [] });
  });

  it('is the retried task and those after it, with files as they are now', () => {
    const now = planWith(8, 0);
    const { plan, notes } = retryChanges(blocked, train, now, now);
    assert.deepEqual(
      plan.map(({ name }) => name),
      ['train', 'evaluate'],
    );
    assert.deepEqual(notes, ['train: train.loop.pairs 16 -> 8', 'evaluate: train.loop.pairs 16 -> 8']);
  });

  it('leaves what is done with what it ran with, and says so', () => {
    const now = planWith(16, 7);
    const { plan, notes } = retryChanges(blocked, train, now, now);
    assert.deepEqual(
      plan.map(({ name }) => name),
      ['train'],
    );
    assert.match(notes[0] ?? '', /^model keeps what it ran with, though on disk: train.seed 0 -> 7 \(emo-aen retry r model/);
  });

  it('reaches what is done by a --set', () => {
    const { plan } = retryChanges(blocked, train, planWith(16, 7), planWith(16, 0));
    assert.deepEqual(
      plan.map(({ name }) => name),
      ['model', 'train'],
    );
  });

  it('takes over limits too, but not which bytes a settings file had', () => {
    const now = planWith(16, 0);
    const longer = planOf(...now.tasks.map((each) => ({ ...each, timeoutMs: 1, settingsFiles: [{ path: 'x', sha256: 'y' }] })));
    assert.deepEqual(
      retryChanges(blocked, train, longer, longer).plan.map(({ name }) => name),
      ['train', 'evaluate'],
    );
    const touched = planOf(...now.tasks.map((each) => ({ ...each, settingsFiles: [{ path: 'x', sha256: 'y' }] })));
    assert.deepEqual(retryChanges(blocked, train, touched, touched).plan, []);
  });

  it('is refused for a --set that nothing reads that would run', () => {
    const set = (path: string) => () =>
      insistOnRead(
        ledgerWith({ model: 'done', train: 'done', evaluate: 'blocked' }),
        [{ path, value: 1 }],
        new Set(['evaluate']),
        planWith(16, 0),
      );
    set('train.loop.pairs')();
    assert.throws(
      set('train.seed'),
      (error: unknown) => error instanceof Problem && error.code === 'USAGE' && error.cure === 'retry a task that does: model, train',
    );
    // The task reads another setting of the same section.
    assert.throws(set('train.loop.clip'), (error: unknown) => error instanceof Problem && error.cure === 'no task reads it');
  });
});
