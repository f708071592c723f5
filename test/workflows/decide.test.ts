import assert from 'node:assert/strict';
import { decide, settingsChanges, type ReuseCandidate } from '../../workflows/decide.js';
import { fingerprint } from '../../workflows/fingerprint.js';
import { planned } from './plans.js';

const cache = (digit: string) => [{ name: 'cache', sha256: digit.repeat(64) }];
const task = planned('train', { kind: 'train', version: 2, settings: { loop: { pairs: 16 } } });

function candidate(change: Partial<ReuseCandidate> = {}): ReuseCandidate {
  const made = { uses: 'train', version: 2, code: null, settings: { loop: { pairs: 16 } }, inputs: cache('a'), ...change };
  const output = { artifacts: [], summary: {}, warnings: [] };
  return { task: 'train', fromRun: 'old', fingerprint: fingerprint(made, made.inputs), output, ...made };
}

describe('whether a task runs or is reused', () => {
  it('is run where it never ran', () => {
    assert.deepEqual(decide(task, [], cache('a'), false), { action: 'run', reasons: ['first run'], matches: [] });
  });

  it('is reuse where code, settings and inputs are the same, of the newest such run', () => {
    const decision = decide(
      task,
      [candidate({ version: 1, fromRun: 'newest' }), candidate({ fromRun: 'new' }), candidate()],
      cache('a'),
      false,
    );
    assert.equal(decision.action, 'reuse');
    assert.deepEqual(decision.reasons, ['same code, settings and inputs as in run new']);
    assert.deepEqual(
      decision.matches.map(({ fromRun }) => fromRun),
      ['new', 'old'],
    );
  });

  it('is always run for what looks outside', () => {
    assert.equal(decide({ ...task, outside: true }, [candidate()], cache('a'), false).action, 'run');
  });

  const reasons: readonly [string, ReuseCandidate, string[]][] = [
    ['settings', candidate({ settings: { loop: { pairs: 8 } } }), ['settings changed: train.loop.pairs 8 -> 16']],
    ['code', candidate({ version: 1 }), ['code version 1 -> 2']],
    ['an input', candidate({ inputs: cache('b') }), ['input cache changed']],
    ['an input that is no longer read', candidate({ inputs: [...cache('a'), { name: 'x', sha256: '' }] }), ['input x no longer read']],
    [
      'all of them',
      candidate({ uses: 'other', version: 1, settings: {}, inputs: [] }),
      [
        'activity changed: other -> train',
        'code version 1 -> 2',
        'settings changed: train.loop (none) -> {"pairs":16}',
        'input cache changed',
      ],
    ],
  ];
  for (const [what, before, told] of reasons) {
    it(`names ${what} as the reason`, () => assert.deepEqual(decide(task, [before], cache('a'), false).reasons, told));
  }
});

describe('changes of settings', () => {
  it('are told by the path that --set takes, lists as a whole, long values shortened', () => {
    assert.deepEqual(settingsChanges({ a: { b: [1, 2], c: 'x' }, d: 1 }, { a: { b: [1, 3], c: 'y'.repeat(99) }, d: 1 }, 'export'), [
      'export.a.b [1,2] -> [1,3]',
      `export.a.c x -> ${'y'.repeat(59)}…`,
    ]);
  });
});
