import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem, type ProblemCode } from '../../../configs/problem.js';
import { emptyBatch, TrainingData, type StepOfEpoch } from '../../../ml/engine/data.js';
import { Feed } from '../../../ml/engine/feed.js';
import type { MicroBatch } from '../../../ml/engine/learner.js';
import { openCache, type PhotoCache } from '../../../ml/images/cache.js';
import { CROP, writeSmallSet, type SmallSet } from './small-set.js';

const SEED = 5;
const PER_STEP = 4;
const SIZES = [3, 1];
const EPOCHS = 3;

const copyOf = (batches: readonly MicroBatch[]): MicroBatch[] => structuredClone([...batches]);

describe('the feed', () => {
  let root = '';
  let set: SmallSet;
  let cache: PhotoCache;
  let data: TrainingData;
  let feed: Feed;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-feed-'));
    set = await writeSmallSet(root, { train: 10, val: 3, test: 2 }, { scored: true });
    cache = await openCache(set.cacheIndex, set.cache);
    data = new TrainingData(cache, SEED);
    feed = new Feed({ cacheIndex: set.cacheIndex, cache: set.cache, seed: SEED }, CROP);
  });
  afterEach(async () => {
    await feed.close();
    await cache.close();
    await rm(root, { recursive: true });
  });

  const left = (from = { epoch: 1, stepInEpoch: 0 }): StepOfEpoch[] => [...data.stepsFrom(from, PER_STEP, EPOCHS)];

  function filledHere(step: StepOfEpoch): MicroBatch[] {
    const batches = SIZES.map((pairs) => emptyBatch(pairs, CROP));
    data.fill(step, batches);
    return batches;
  }

  it('gives every step of every epoch as the calling thread would fill it, to the last bit', async () => {
    const batches = feed.steps(left(), SIZES);
    for (const step of left()) {
      const next = await batches.next();
      assert.deepEqual(next.order, step);
      assert.deepEqual(next.batch, filledHere(step));
    }
    await assert.rejects(batches.next(), /no batch is left/);
  });

  it('goes on in the middle of an epoch with the same batches', async () => {
    const whole = left();
    const rest = left({ epoch: 2, stepInEpoch: 1 });
    assert.deepEqual(rest, whole.slice(4));
    const batches = feed.steps(rest, SIZES);
    assert.deepEqual((await batches.next()).batch, filledHere(whole[4] ?? assert.fail()));
  });

  it('leaves a batch alone until the next one is asked for, however many others are filled meanwhile', async () => {
    const batches = feed.steps(left(), SIZES);
    const { batch } = await batches.next();
    const before = copyOf(batch);
    const views = feed.views(Array(9).fill([0, 1]), 2);
    for (let part = 0; part < 9; part++) await views.next();
    assert.deepEqual(batch, before);
  });

  it('draws only a few orders ahead and fills the same memory again, so that it needs no more for more steps', async () => {
    let drawn = 0;
    const counted = function* (): Generator<StepOfEpoch> {
      for (const step of left()) {
        drawn++;
        yield step;
      }
    };
    const batches = feed.steps(counted(), SIZES);
    let before: readonly MicroBatch[] = [];
    for (let step = 0; step < 9; step++) {
      const { batch } = await batches.next();
      assert.equal(drawn, Math.min(step + 3, 9));
      const given = step <= 6 ? 0 : 1;
      assert.ok(
        before.every(({ photos }) => Math.sign(photos.length) === given),
        `memory of the step before step ${step}`,
      );
      before = batch;
    }
  });

  it('gives photos as they are, while steps that were ordered before wait', async () => {
    const batches = feed.steps(left(), SIZES);
    const photos = [7, 0, 3, 12, 5];
    const views = feed.views([photos.slice(0, 3), photos.slice(3)], 3);
    const expected = new Float32Array(3 * CROP ** 2 * 3);
    photos.slice(0, 3).forEach((photo, row) => data.view(photo, expected, row));
    assert.deepEqual((await views.next()).batch, expected);
    expected.fill(0);
    photos.slice(3).forEach((photo, row) => data.view(photo, expected, row));
    assert.deepEqual((await views.next()).batch, expected);
    const [first] = left();
    assert.deepEqual((await batches.next()).batch, filledHere(first ?? assert.fail()));
  });

  const is = (code: ProblemCode) => (error: unknown) => error instanceof Problem && error.code === code && error.cure !== undefined;

  it('says what is wrong with a cache that is cut short while it is read, and feeds nothing after that', async () => {
    const batches = feed.steps(left(), SIZES);
    await batches.next();
    await truncate(set.cache, 100);
    const outcomes: unknown[] = [];
    // The two steps behind the first may have been filled in time.
    for (let step = 1; step < 9; step++) outcomes.push(await batches.next().catch((error: unknown) => error));
    assert.ok(outcomes.slice(2).every(is('ARTIFACT_ALTERED')), String(outcomes));
    await assert.rejects(feed.views([[0]], 1).next(), is('ARTIFACT_ALTERED'));
  });

  it('says what is wrong with a cache that it cannot open', async () => {
    for (const [damage, code] of [
      [() => truncate(set.cache, 100), 'ARTIFACT_ALTERED'],
      [() => rm(set.cache), 'ARTIFACT_MISSING'],
    ] as const) {
      await damage();
      const late = new Feed({ cacheIndex: set.cacheIndex, cache: set.cache, seed: SEED }, CROP);
      try {
        await assert.rejects(late.steps(left(), SIZES).next(), is(code));
        await assert.rejects(late.views([[0]], 1).next(), is(code));
      } finally {
        await late.close();
      }
    }
  });
});
