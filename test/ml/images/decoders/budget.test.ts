import assert from 'node:assert/strict';
import { Budget } from '../../../../ml/images/decoders/budget.js';

describe('a budget of memory', () => {
  /** Work that ends when it is told to. */
  function work(): { readonly run: () => Promise<void>; readonly begun: Promise<void>; readonly end: () => void } {
    let begin = (): void => undefined;
    let end = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const ended = new Promise<void>((resolve) => (end = resolve));
    return { begun, end: () => end(), run: () => (begin(), ended) };
  }

  it('lets work in while there is room, in the order in which it asked, and what is too large alone', async () => {
    const budget = new Budget(10);
    const order: string[] = [];
    const jobs = { a: [6, work()], b: [4, work()], huge: [99, work()], c: [1, work()] } as const;
    const all = Object.entries(jobs).map(([name, [bytes, job]]) => {
      void job.begun.then(() => order.push(name));
      return budget.run(bytes, job.run);
    });
    await Promise.all([jobs.a[1].begun, jobs.b[1].begun]);
    jobs.a[1].end();
    await all[0];
    assert.deepEqual(order, ['a', 'b'], 'c would fit, and waits behind the one that came before it');
    jobs.b[1].end();
    await jobs.huge[1].begun;
    await all[1];
    assert.deepEqual(order, ['a', 'b', 'huge']);
    jobs.huge[1].end();
    jobs.c[1].end();
    await Promise.all(all);
    assert.deepEqual(order, ['a', 'b', 'huge', 'c']);
  });

  it('gives the room back where work fails', async () => {
    const budget = new Budget(1);
    await assert.rejects(
      budget.run(1, () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(await budget.run(1, () => Promise.resolve('in')), 'in');
  });
});
