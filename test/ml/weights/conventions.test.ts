import assert from 'node:assert/strict';
import { Problem } from '../../../configs/problem.js';
import type { TrainSettings } from '../../../configs/schema/train.js';
import { OF_RANDOM_WEIGHTS, preparationWarnings, settle } from '../../../ml/weights/conventions.js';
import { FAMILIES } from '../../../ml/weights/families.js';

const model = (
  padding: 'auto' | 'symmetric' | 'same',
  epsilon: 'auto' | number,
  mode: 'trained' | 'folded' = 'trained',
): TrainSettings['model'] => ({
  backbone: 'mobilenet_v3_large',
  embedding: 512,
  regression: 'auto',
  padding,
  batchNorm: { mode, momentum: 0.01, epsilon },
  weights: { source: null, sha256: null, onUnavailable: 'fail' },
});
const settled = (...[settings, weights]: Parameters<typeof settle>): unknown[] => {
  const { spec, warnings } = settle(settings, weights);
  return [spec.padding, spec.batchNorm.epsilon, warnings.length];
};

describe('padding and epsilon', () => {
  it('follow the weights where they are auto', () => {
    assert.deepEqual(settled(model('auto', 'auto'), FAMILIES.keras), ['same', 1e-3, 0]);
    assert.deepEqual(settled(model('auto', 'auto'), FAMILIES.timm), ['symmetric', 1e-5, 0]);
    assert.deepEqual(settled(model('auto', 'auto'), FAMILIES.torchvision), ['symmetric', 1e-3, 0]);
  });

  it("are torchvision's where nothing is loaded", () => {
    assert.deepEqual(settled(model('auto', 'auto'), OF_RANDOM_WEIGHTS), ['symmetric', 1e-3, 0]);
    assert.equal(OF_RANDOM_WEIGHTS.normalize, null);
  });

  it('are those of the settings where these say so, with a warning for each that the weights contradict', () => {
    const { spec, warnings } = settle(model('symmetric', 1e-5), FAMILIES.keras);
    assert.deepEqual([spec.padding, spec.batchNorm.epsilon], ['symmetric', 1e-5]);
    assert.match(warnings[0] ?? '', /made with model\.padding same, the settings say symmetric/);
    assert.match(warnings[1] ?? '', /made with model\.batchNorm\.epsilon 0\.001, the settings say 0\.00001/);
    assert.equal(warnings.length, 2);
    assert.deepEqual(settled(model('same', 1e-3), FAMILIES.keras), ['same', 1e-3, 0]);
  });

  it('must be said where batch norm is folded by nobody knows whom; epsilon then plays no part', () => {
    assert.throws(
      () => settle(model('auto', 'auto', 'folded'), FAMILIES.folded),
      (error) => error instanceof Problem && error.code === 'CONFIGURATION' && /model\.padding/.test(error.cure ?? ''),
    );
    assert.deepEqual(settled(model('same', 'auto', 'folded'), FAMILIES.folded), ['same', 1e-3, 0]);
    assert.deepEqual(settled(model('same', 0.5, 'folded'), FAMILIES.torchvision), ['same', 0.5, 1]);
  });
});

describe('the normalisation of photos', () => {
  const { normalize } = FAMILIES.keras;
  it('is told where it is not what the weights were made for', () => {
    const [warning, ...more] = preparationWarnings(normalize, FAMILIES.timm.normalize);
    assert.match(warning ?? '', /by mean 0\.5, 0\.5, 0\.5 and std 0\.5, 0\.5, 0\.5; preprocess\.yaml says mean 0\.485, /);
    assert.deepEqual(more, []);
    assert.deepEqual(preparationWarnings(normalize, FAMILIES['timm-tf'].normalize), []);
    assert.deepEqual(preparationWarnings(null, normalize), []);
  });
});
