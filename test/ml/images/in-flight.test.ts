import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { inFlight } from '../../../ml/images/in-flight.js';

/** Work that ends when it is told to. */
function gate<Value>(): { readonly promise: Promise<Value>; readonly open: (value: Value) => void } {
  let open = (_: Value): void => undefined;
  const promise = new Promise<Value>((resolve) => (open = resolve));
  return { promise, open };
}
const later = async (value: number): Promise<number> => {
  await setImmediate();
  return value;
};
const numbers = (count: number): number[] => Array.from({ length: count }, (_, place) => place);

describe('inFlight', () => {
  it('gives results in the order of the items, with never more under way than it may', async () => {
    let running = 0;
    let most = 0;
    const results = await inFlight(numbers(50), 4, async (item) => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < (item * 7) % 5; turn++) await setImmediate();
      running--;
      return item * 2;
    });
    assert.deepEqual(
      results,
      numbers(50).map((item) => item * 2),
    );
    assert.equal(most, 4);
    assert.deepEqual(await inFlight([], 4, later), []);
  });

  it('tells results in order while they fit into what may wait, and the others ahead of a slow one', async () => {
    const slow = gate<number>();
    const told: number[] = [];
    const running = inFlight(numbers(10), 3, (item) => (item === 2 ? slow.promise : later(item)), {
      ahead: 4,
      onResult: (result, done) => {
        told.push(result);
        assert.equal(done, told.length);
        // All that can be told without it is: the last four wait.
        if (told.length === 5) slow.open(2);
      },
    });
    await running;
    assert.deepEqual(told, [0, 1, 3, 4, 5, 2, 6, 7, 8, 9]);
  });

  it('tells one result at a time', async () => {
    let telling = 0;
    await inFlight(numbers(20), 5, later, {
      onResult: async () => {
        assert.equal(++telling, 1);
        await setImmediate();
        telling--;
      },
    });
  });

  it('stops at the first error of the work or of the one that is told, and begins nothing more', async () => {
    const failure = new Error('no');
    const begun: number[] = [];
    const work = (item: number): Promise<number> => {
      begun.push(item);
      return item === 3 ? Promise.reject(failure) : later(item);
    };
    await assert.rejects(inFlight(numbers(1_000), 2, work), failure);
    assert.ok(begun.length < 10);
    await assert.rejects(inFlight(numbers(10), 2, later, { onResult: () => Promise.reject(failure) }), failure);
  });

  it('does not wait for what hangs when it is told to stop', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const never = new Promise<number>(() => undefined);
    const running = inFlight(numbers(3), 2, (item) => (item === 0 ? never : later(item)), {
      signal: stop.signal,
      ahead: 1,
      onResult: () => stop.abort(reason),
    });
    await assert.rejects(running, reason);
    await assert.rejects(inFlight(numbers(3), 2, later, { signal: stop.signal }), reason);
  });
});
