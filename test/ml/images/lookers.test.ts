import assert from 'node:assert/strict';
import sharp from 'sharp';
import { Budget } from '../../../ml/images/budget.js';
import { FileMemory } from '../../../ml/images/file-memory.js';
import { lookAt, type LookOptions } from '../../../ml/images/look.js';
import type { ThreadData } from '../../../ml/images/look-thread.js';
import { Lookers } from '../../../ml/images/lookers.js';
import { DATASET_SETTINGS } from '../../../bench/dataset-settings.js';
import { madePhoto } from './made-photo.js';

/** Keeps no memory. */
const IDLE = new FileMemory(0);

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
    const told = await lookingWith(new Lookers(data, everything(), IDLE, 3), (lookers) =>
      Promise.all(copies().map((photo) => lookers.look(photo))),
    );
    assert.deepEqual(told, expected);
    assert.equal(told[0]?.square?.length, 256 * 256 * 3);
  });

  it('give back the memory that the bytes lay in, with what lies around them', async () => {
    const [photo = Buffer.alloc(0)] = photos;
    const memory = new Uint8Array(photo.length + 100);
    memory.set(photo, 40);
    const back: ArrayBuffer[] = [];
    const files = { giveBack: (given: ArrayBuffer): void => void back.push(given) };
    const told = await lookingWith(new Lookers(data, everything(), files, 1), (lookers) =>
      lookers.look(Buffer.from(memory.buffer, 40, photo.length)),
    );
    assert.deepEqual(told, await lookAt(photo, here));
    assert.equal(memory.byteLength, 0, 'it went to the thread');
    assert.deepEqual(
      back.map(({ byteLength }) => byteLength),
      [photo.length + 100],
    );
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
    const told = await lookingWith(new Lookers(data, counted, IDLE, 3), (lookers) =>
      Promise.all(copies().map((photo) => lookers.look(photo))),
    );
    assert.equal(told.length, photos.length);
    assert.deepEqual([most, active], [1, 0]);
  });

  it('tell a defect of the code as one, and go on with other photos', async () => {
    const broken = { ...data, limits: null } as unknown as ThreadData;
    await lookingWith(new Lookers(broken, everything(), IDLE, 1), async (lookers) => {
      const [photo = Buffer.alloc(0)] = copies();
      await assert.rejects(lookers.look(photo), /TypeError.*\n.*look\.js/);
      assert.deepEqual((await lookers.look(Buffer.alloc(0))).content.faults, [['empty', 'has 0 bytes']]);
    });
  });

  it('end with photos under way', async () => {
    const lookers = new Lookers(data, everything(), IDLE, 2);
    for (const photo of copies()) void lookers.look(photo);
    await lookers.close();
  });
});
