import assert from 'node:assert/strict';
import { parseProgress, parseResult } from '../../activities/result.js';
import { TaskOutput } from '../../configs/schema/payload.js';
import { Problem } from '../../configs/problem.js';

const WHERE = 'activities/mine/activity.mjs';
const sound = { artifacts: [], summary: {} };

function faultIn(parse: (value: unknown, where: string) => unknown, value: unknown): string {
  try {
    parse(value, WHERE);
  } catch (error) {
    assert.ok(error instanceof Problem);
    assert.deepEqual([error.code, error.retryable, error.where], ['RESULT', false, WHERE]);
    assert.ok(error.cure);
    return error.message;
  }
  return assert.fail('it passed');
}

describe('what a task returns', () => {
  it('passes where it is as it should be, and is then nothing but plain values', () => {
    const result = { artifacts: [{ name: 'x', path: '/p' }], summary: { a: 'b', c: 1.5, d: true, e: null }, warnings: ['careful'] };
    assert.deepEqual(parseResult(result, WHERE), result);
    assert.deepEqual(parseResult(sound, WHERE), sound);
    TaskOutput.parse({ ...sound, warnings: [] });
  });

  const faults: readonly [string, unknown, RegExp][] = [
    ['nothing', undefined, /what the task returned is wrong: missing$/],
    ['a text', 'done', /: a text is not allowed$/],
    ['no summary', { artifacts: [] }, /: summary: missing$/],
    ['no artifacts', { summary: {} }, /: artifacts: missing$/],
    ['a text as summary', { ...sound, summary: 'done' }, /summary: a text is not allowed/],
    ['a list as summary', { ...sound, summary: ['a'] }, /summary: a list is not allowed/],
    ['a list in the summary', { ...sound, summary: { classes: ['a', 'b'] } }, /summary\.classes: a list is not allowed/],
    ['an object in the summary', { ...sound, summary: { a: { b: 1 } } }, /summary\.a: an object is not allowed/],
    [
      'a promise in the summary',
      { ...sound, summary: { n: Promise.resolve(1) } },
      /summary\.n: a promise \(is an `await` missing\?\) is not allowed/,
    ],
    ['a promise as summary', { ...sound, summary: Promise.resolve({}) }, /summary: a promise/],
    ['a function in the summary', { ...sound, summary: { f: () => 1 } }, /summary\.f: a function is not allowed/],
    ['a BigInt in the summary', { ...sound, summary: { n: 10n } }, /summary\.n: a bigint is not allowed/],
    ['no number in the summary', { ...sound, summary: { loss: NaN } }, /summary\.loss: NaN is not allowed/],
    ['undefined in the summary', { ...sound, summary: { a: undefined } }, /summary\.a: undefined is not allowed/],
    ['a text as warnings', { ...sound, warnings: 'careful' }, /warnings: a text is not allowed/],
    [
      'no texts among the warnings',
      { ...sound, warnings: ['a', 1, null] },
      /warnings\.1: a number is not allowed; warnings\.2: null is not allowed/,
    ],
    ['a path that was not awaited', { ...sound, artifacts: [{ name: 'a', path: Promise.resolve('x') }] }, /artifacts\.0\.path: a promise/],
    ['a misspelt member', { ...sound, warning: [] }, /unknown `warning`/],
    ['a text that is too long', { ...sound, summary: { a: 'x'.repeat(20_000) } }, /summary\.a: at most 16 KiB/],
    ['a warning that is too long', { ...sound, warnings: ['é'.repeat(9_000)] }, /warnings\.0: at most 16 KiB/],
    ['a name that is too long', { ...sound, summary: { ['x'.repeat(201)]: 1 } }, /the name is longer than 200 characters/],
    [
      'too many members',
      { ...sound, summary: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`n${n}`, n])) },
      /summary: at most 100 members/,
    ],
    ['too many warnings', { ...sound, warnings: Array.from({ length: 101 }, () => 'x') }, /warnings: at most 100 members/],
    [
      'too much together',
      { ...sound, warnings: Array.from({ length: 50 }, () => 'x'.repeat(10_000)) },
      /summary and warnings together: at most 256 KiB/,
    ],
  ];
  for (const [what, value, message] of faults) it(`is refused with ${what}`, () => assert.match(faultIn(parseResult, value), message));

  it('is refused with the first of many faults', () => {
    assert.match(
      faultIn(parseResult, { ...sound, warnings: Array.from({ length: 50 }, (_, n) => n) }),
      /warnings\.4: a number is not allowed \(and 45 more\)$/,
    );
  });
});

describe('what a task tells on its way', () => {
  it('passes with a message and finite numbers', () => {
    const told = { message: 'm', done: 1, total: 2, unit: 'photos', secondsLeft: 3, numbers: { loss: 0.5 } };
    assert.deepEqual(parseProgress(told, WHERE), told);
  });

  const faults: readonly [unknown, RegExp][] = [
    ['half way', /progress is wrong: a text is not allowed/],
    [{}, /message: missing/],
    [{ message: 5 }, /message: a number is not allowed/],
    [{ message: 'm', done: NaN }, /done: NaN is not allowed/],
    [{ message: 'm', done: '3' }, /done: a text is not allowed/],
    [{ message: 'm', numbers: { loss: null } }, /numbers\.loss: null is not allowed/],
    [{ message: 'x'.repeat(20_000) }, /message: at most 16 KiB/],
    [{ message: 'm', dome: 1 }, /unknown `dome`/],
  ];
  for (const [value, message] of faults) it(`is refused: ${String(message)}`, () => assert.match(faultIn(parseProgress, value), message));
});
