import assert from 'node:assert/strict';
import { PlannedTask } from '../../configs/schema/plan.js';
import { wholeSkip, wholeTask } from '../../workflows/older.js';

describe('a plan or a message of an older version', () => {
  const older = {
    name: 'train',
    stage: 5,
    uses: 'train',
    version: 1,
    outside: false,
    needs: [],
    queue: 'gpu' as const,
    kind: null,
    settings: {},
    settingsFiles: [],
    reads: [],
    provides: [],
    timeoutMs: 1,
    heartbeatMs: null,
    retry: { attempts: 3, backoffMs: 5_000 },
  };

  it('gets, in the workflow, what the schema gives it on disk', () => assert.deepEqual(wholeTask(older), PlannedTask.parse(older)));

  it('names the one task that it skips as it was named then', () => {
    assert.deepEqual(wholeSkip({ task: 'train', reason: 'r', by: 'ann' }), { tasks: ['train'], stage: null, reason: 'r', by: 'ann' });
  });
});
