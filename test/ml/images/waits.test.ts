import assert from 'node:assert/strict';
import { Waits } from '../../../ml/images/waits.js';

describe('Waits', () => {
  it('tells again and again of the file that is waited for longest, and of none that is done', async () => {
    const told: string[] = [];
    let end = (): void => undefined;
    const done = new Promise<void>((resolve) => (end = resolve));
    const waits = new Waits((file, seconds) => {
      assert.equal(seconds, 0);
      told.push(file);
      if (told.length === 3) end();
    }, 20);
    await waits.over('quick.jpg', () => Promise.resolve());
    await Promise.all([waits.over('slow.jpg', () => done), waits.over('slow as well.jpg', () => done)]);
    waits.close();
    assert.deepEqual(told, ['slow.jpg', 'slow.jpg', 'slow.jpg']);
  });

  it('hands on what the work gives and throws', async () => {
    const waits = new Waits(undefined);
    assert.equal(await waits.over('a.jpg', () => Promise.resolve(5)), 5);
    await assert.rejects(
      waits.over('a.jpg', () => Promise.reject(new Error('no'))),
      /no/,
    );
    waits.close();
  });
});
