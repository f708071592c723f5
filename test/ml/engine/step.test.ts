import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import { LossSettings } from '../../../configs/schema/losses.js';
import { openCache, type PhotoCache } from '../../../ml/images/cache.js';
import { emptyBatch, TrainingData } from '../../../ml/engine/data.js';
import type { Engine, Precision } from '../../../ml/engine/kernels.js';
import { Learner } from '../../../ml/engine/learner.js';
import { takeStep, type Step } from '../../../ml/engine/step.js';
import { AT_START, type TrainingState } from '../../../ml/engine/training-state.js';
import { initialise } from '../../../ml/network/initialise.js';
import { describeNetwork } from '../../../ml/network/network.js';
import { OF_RANDOM_WEIGHTS, settle } from '../../../ml/weights/conventions.js';
import { engineOf, tensorFlow } from './programs.js';
import { CROP, smallSettings, writeSmallSet } from './small-set.js';

/** Every loss is far above this: the margin, which stands in for a mean of zero, times the least factor that there is. */
const WARY: TrainingState = { ...AT_START, lowest: { loss: 0, gradNorm: 0 } };
const settings = smallSettings({
  loss: LossSettings.parse({ hinge: { margin: 1e-3 }, regressionWeight: 0 }),
  loop: { ...smallSettings().loop, pairs: 5, explosion: { loss: 1.0001, gradNorm: 1e30 } },
});

describe('a step', function () {
  this.timeout(60_000);
  let folder = '';
  let cache: PhotoCache;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'emo-aen-step-'));
    const set = await writeSmallSet(folder, { train: 5, val: 1, test: 1 });
    cache = await openCache(set.cacheIndex, set.cache);
  });
  after(async () => {
    await cache.close();
    await rm(folder, { recursive: true, force: true });
  });

  const learnerOf = (engine: Engine, precision: Precision): Learner => {
    const network = describeNetwork({ ...settle(settings.model, OF_RANDOM_WEIGHTS).spec, regression: false });
    return new Learner({
      tensorFlow: tensorFlow(),
      engine,
      network,
      stored: initialise(network, 1),
      training: true,
      settings: { crop: CROP, precision, loss: settings.loss, optimizer: settings.optimizer, clip: settings.loop.clip },
    });
  };

  const takenBy = async (learner: Learner, state: TrainingState): ReturnType<typeof takeStep> => {
    const data = new TrainingData(cache, settings.seed);
    const pairs = data.epoch(1);
    const batch = emptyBatch(pairs.length, CROP);
    data.fill({ epoch: 1, firstIndex: 0, pairs }, [batch]);
    const step: Step = { state, pairs, batches: [batch], lr: 1e-3 };
    return takeStep({ learner, data, settings, tell: () => undefined }, step);
  };

  const failureOf = async (engine: Engine): Promise<Problem> => {
    const learner = learnerOf(engine, 'float32');
    try {
      await takenBy(learner, WARY);
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    } finally {
      learner.close();
    }
    return assert.fail('it was taken');
  };

  it('in float16 is taken again with half the loss scale until nothing overflows, and its norm is that of float32', async () => {
    const [full, half] = [learnerOf(engineOf('graph'), 'float32'), learnerOf(engineOf('graph'), 'float16')];
    const far = { value: 2 ** 40, steps: 7 };
    const [expected, actual] = [await takenBy(full, AT_START), await takenBy(half, { ...AT_START, lossScale: far })];
    assert.equal(expected.lossScale, null);
    const { value, steps } = actual.lossScale ?? assert.fail();
    assert.ok(value < far.value && Number.isInteger(Math.log2(value)), String(value));
    assert.equal(steps, 1);
    assert.ok(Math.abs(actual.result.gradNorm / expected.result.gradNorm - 1) < 0.05);
    full.close();
    half.close();
  });

  it('out of bounds says how far, where, and with which photos, many of them shortened', async () => {
    const { code, message, where } = await failureOf(engineOf('graph'));
    assert.equal(code, 'NUMERICS');
    assert.equal(where, 'epoch 1, step 1');
    assert.match(message, /^far above what it was: loss [\d.]+ \(at most 0\.001 is let through\); every layer's output is finite/);
    assert.match(message, /photos: (train\/\w+\/\d\.png, ){7}train\/\w+\/\d\.png and 2 more$/);
  });

  it('out of bounds is told even where the second look at it fails, and why that did', async () => {
    const whole = engineOf('graph');
    const refusing: Engine = {
      name: 'graph',
      prepare: (computation) => {
        if (computation.name.startsWith('gradients')) throw new Error('the device is gone');
        return whole.prepare(computation);
      },
    };
    const { message, cause } = await failureOf(refusing);
    assert.match(message, /^far above what it was: .*; the batch could not be looked at again: the device is gone; photos: train/);
    assert.ok(cause instanceof Error && cause.message === 'the device is gone');
  });
});
