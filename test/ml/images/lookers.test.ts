import assert from 'node:assert/strict';
import sharp from 'sharp';
import { Budget } from '../../../ml/images/budget.js';
import { lookAt, type LookOptions } from '../../../ml/images/look.js';
import type { ThreadData } from '../../../ml/images/look-thread.js';
import { Lookers } from '../../../ml/images/lookers.js';
import { DATASET_SETTINGS } from '../../../bench/dataset-settings.js';
import { madePhoto } from './made-photo.js';

describe('threads that look at photos', () => {
  const data: ThreadData = { mode: 'full', limits: DATASET_SETTINGS.photos };
  const here: LookOptions = { ...data, inRoom: (_, work) => work() };
  const everything = (): Budget => new Budget(Infinity);
  let photos: Buffer[];

  before(async () => {
    const made = await Promise.all([1, 2, 3, 4].map(madePhoto));
    const jpeg = await sharp(made[0]).jpeg().toBuffer();
    const hidden = await sharp(made[1]).ensureAlpha(0.5).png().toBuffer();
    photos = [...made, jpeg, jpeg.subarray(0, jpeg.length / 2), hidden, Buffer.from('no picture'), Buffer.alloc(0)];
  });

  /** The threads take the bytes with them. */
  const copies = (): Buffer[] => photos.map((photo) => Buffer.from(new Uint8Array(photo).buffer));

  async function lookingWith<Result>(lookers: Lookers, use: (lookers: Lookers) => Promise<Result>): Promise<Result> {
    try {
      return await use(lookers);
    } finally {
      await lookers.close();
    }
  }

  it('tell what one thread tells, square for square, sound or not', async () => {
    const expected = await Promise.all(photos.map((photo) => lookAt(photo, here)));
    const told = await lookingWith(new Lookers(data, everything(), 3), (lookers) =>
      Promise.all(copies().map((photo) => lookers.look(photo))),
    );
    assert.deepEqual(told, expected);
    assert.equal(told[0]?.square?.length, 256 * 256 * 3);
  });

  it('take bytes that lie in memory shared with others, and leave those alone', async () => {
    const [photo = Buffer.alloc(0)] = photos;
    const shared = Buffer.concat([Buffer.from('before'), photo, Buffer.from('behind')]);
    const within = shared.subarray(6, 6 + photo.length);
    const told = await lookingWith(new Lookers(data, everything(), 1), (lookers) => lookers.look(within));
    assert.deepEqual(told, await lookAt(photo, here));
    assert.equal(shared.subarray(0, 6).toString(), 'before');
  });

  it('decode, all together, no more at once than the budget has room for', async () => {
    let active = 0;
    let most = 0;
    const alone = new Budget(1);
    const counted: Pick<Budget, 'run'> = {
      run: (bytes, work) =>
        alone.run(bytes, async () => {
          most = Math.max(most, ++active);
          return work().finally(() => active--);
        }),
    };
    const told = await lookingWith(new Lookers(data, counted, 3), (lookers) => Promise.all(copies().map((photo) => lookers.look(photo))));
    assert.equal(told.length, photos.length);
    assert.deepEqual([most, active], [1, 0]);
  });

  it('tell a defect of the code as one, and go on with other photos', async () => {
    const broken = { ...data, limits: null } as unknown as ThreadData;
    await lookingWith(new Lookers(broken, everything(), 1), async (lookers) => {
      const [photo = Buffer.alloc(0)] = copies();
      await assert.rejects(lookers.look(photo), /TypeError.*\n.*look\.js/);
      assert.deepEqual((await lookers.look(Buffer.alloc(0))).content.faults, [['empty', 'has 0 bytes']]);
    });
  });

  it('end with photos under way', async () => {
    const lookers = new Lookers(data, everything(), 2);
    for (const photo of copies()) void lookers.look(photo);
    await lookers.close();
  });
});
