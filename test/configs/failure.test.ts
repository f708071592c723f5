import assert from 'node:assert/strict';
import { cut, MOST_BYTES } from '../../configs/cut.js';
import { errorOf, FailureRecord, MOST_CAUSES, recordOf } from '../../configs/failure.js';
import { Problem } from '../../configs/problem.js';

/** What the other side of a border has of it. */
function carried(thrown: unknown): Error {
  return errorOf(FailureRecord.parse(JSON.parse(JSON.stringify(recordOf(thrown)))));
}

function chainOf(error: unknown): string[] {
  return error instanceof Error ? [error.message, ...chainOf(error.cause)] : [];
}

describe('the record of a failure', () => {
  it('carries a Problem whole, with its causes', () => {
    const fields = { code: 'DATASET', message: 'bad', where: 'a/b.jpg', cure: 'mend it' } as const;
    const error = carried(new Problem({ ...fields, cause: new RangeError('why', { cause: 'deeper' }) }));
    assert.ok(error instanceof Problem);
    assert.deepEqual(error.toJSON(), fields);
    assert.deepEqual(chainOf(error), ['bad', 'why', 'deeper']);
    assert.equal((error.cause as Error).name, 'RangeError');
  });

  it('carries a defect with its name and stack, and is the same after each border', () => {
    const bug = new TypeError('x is not a function');
    const error = carried(carried(bug));
    assert.deepEqual([error.name, error.message, error.stack], ['TypeError', bug.message, bug.stack]);
    assert.deepEqual(recordOf(error), recordOf(bug));
  });

  it('ends where causes lead back to themselves, and after ten', () => {
    const a = new Error('a');
    const b = new Error('b', { cause: a });
    a.cause = b;
    assert.deepEqual(chainOf(carried(a)), ['a', 'b']);
    const self = new AggregateError([], 'all');
    self.errors.push(self, self);
    assert.deepEqual(chainOf(carried(self)), ['all']);
    let deep = new Error('0');
    for (let depth = 1; depth < 50; depth++) deep = new Error(String(depth), { cause: deep });
    assert.equal(chainOf(carried(deep)).length, 1 + MOST_CAUSES);
  });

  it('tells several errors at once, the first ten of many', () => {
    const many = new AggregateError(
      Array.from({ length: 500 }, (_, number) => new Error(`error ${number}`)),
      'all failed',
    );
    assert.match(carried(many).message, /^all failed; error 0; .*error 9; and 490 more$/);
    assert.equal(carried(new AggregateError(['one', 2, new Error('')], '')).message, 'one; 2; Error');
  });

  it('cuts each text at 16 KiB and says how much is missing', () => {
    const error = new Error('é'.repeat(2_500_000), { cause: new Error('y'.repeat(5_000_000)) });
    const record = recordOf(
      new Problem({ code: 'DATASET', message: 'z'.repeat(9e5), where: 'w'.repeat(9e5), cure: 'c'.repeat(9e5), cause: error }),
    );
    const texts = [
      record.message,
      record.where ?? '',
      record.cure ?? '',
      ...record.causes.flatMap(({ message, stack }) => [message, stack ?? '']),
    ];
    for (const text of texts) {
      assert.ok(Buffer.byteLength(text) <= MOST_BYTES);
      assert.match(text, /… \(cut here: \d+ more bytes\)$/);
    }
    const [kept = '', left] = (record.causes[0]?.message ?? '').split('… (cut here: ');
    assert.match(kept, /^é+$/);
    assert.equal(Buffer.byteLength(kept) + Number.parseInt(left ?? '', 10), 5_000_000);
    assert.equal(cut(cut('x'.repeat(1e6))), cut('x'.repeat(1e6)));
  });

  it('is made of anything, and holds nothing that Temporal or JSON cannot carry', () => {
    const hostile = new Error('hidden');
    for (const name of ['stack', 'cause', 'message', 'name']) {
      Object.defineProperty(hostile, name, {
        get: () => {
          throw new Error('no');
        },
      });
    }
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const refusing = {
      [Symbol.for('nodejs.util.inspect.custom')]: () => {
        throw new Error('no');
      },
    };
    const things: readonly [unknown, RegExp][] = [
      ['a text', /^a text$/],
      [undefined, /^undefined$/],
      [null, /^null$/],
      [{ code: 7 }, /^\{ code: 7 \}$/],
      [() => 1, /Function/],
      [Symbol('s'), /Symbol\(s\)/],
      [10n, /10n/],
      [hostile, /^Error$/],
      [proxy, /Revoked|cannot be read/],
      [refusing, /cannot be read/],
      ['half a pair \ud800', /^half a pair \u{fffd}$/u],
      [Object.assign(new Error('with a function'), { run: () => 1 }), /^with a function$/],
    ];
    for (const [thing, words] of things) assert.match(carried(thing).message, words);
  });

  it('keeps the message of a Problem whose code is none, and says which codes there are', () => {
    for (const code of ['NOPE', 'constructor', 7]) {
      const problem = new Problem({ code: code as 'DATASET', message: 'what is wrong', where: 'here', cure: 'do this' });
      assert.equal(problem.retryable, true);
      const record = recordOf(problem);
      assert.deepEqual([record.code, record.message, record.where], ['UNEXPECTED', 'what is wrong', 'here']);
      assert.match(record.cure ?? '', new RegExp(`^do this; "${code}" is no code of a Problem; use one of USAGE, CONFIGURATION, `));
      assert.deepEqual(recordOf(errorOf(record)), record);
    }
  });

  it('hides before it cuts, so that no half of a secret is left', () => {
    const hide = (text: string): string => text.replaceAll('SECRET', '<S>');
    for (let at = MOST_BYTES - 80; at < MOST_BYTES; at++) {
      const thrown = new Error(`${'x'.repeat(at)}SECRET${'y'.repeat(100)}`);
      assert.ok(!recordOf(thrown, hide).message.includes('SE'), `at ${at}`);
    }
  });
});
