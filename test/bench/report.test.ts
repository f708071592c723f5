import assert from 'node:assert/strict';
import { joined, NOTHING, table } from '../../bench/report.js';

const SHARE = { value: 0.875, low: 0.798, high: 0.925, count: 104 };

describe('the report of a bench', () => {
  it('lays the parts beside each other', () => {
    const steps = { ...NOTHING, ratios: { kerasGraph: 0.5 }, missing: { torchEager: 'no network' } };
    const epochs = { ...NOTHING, shares: { dataWait: 0.01 } };
    assert.deepEqual(joined([steps, epochs]), { ...steps, shares: { dataWait: 0.01 } });
  });

  it('shows each number beside its limit, and says in words what is over it or missing', () => {
    const text = table({
      ...NOTHING,
      ratios: { kerasGraph: 0.5, torchEager: 0.9 },
      shares: { dataWait: 0.0123 },
      qualities: { cosine: 0.99654, order: 0.9 },
      photos: { test: ['a.png', 'b.png'] },
      medians: { oursMs: 1234.5, oursFirstStepSeconds: 3.25 },
      trainings: {
        oursPhotos: {
          rounds: [{ seed: 0, seconds: 41.25, epochs: [{ valAccuracy: 0.8 }, { valAccuracy: 0.95 }], bestEpoch: 2, test: SHARE }],
          test: { ...SHARE, count: 208 },
        },
      },
      missing: { torchCompile: 'could not be installed: no network' },
      limits: { cosine: 0.9965, order: 0.95, kerasGraph: 0.75, torchEager: 0.8, oursFirstStepSeconds: 15 },
    });
    assert.deepEqual(
      text.split('\n').map((line) => line.replaceAll(/ +/g, ' ')),
      [
        'ratio kerasGraph 0.50 (limit 0.75)',
        'ratio torchEager 0.90 OVER the limit of 0.80',
        'share dataWait 1.2 %',
        'quality cosine 0.9965 (limit 0.9965)',
        'quality order 0.9000 UNDER the limit of 0.9500',
        'median oursMs 1235',
        'median oursFirstStepSeconds 3.3 (limit 15.0)',
        'training oursPhotos seed 0: validation 0.800 0.950; epoch 2 on the test split 0.875 (0.798 to 0.925) of 104 pairs; 41.3 s',
        'training oursPhotos, all rounds: 0.875 (0.798 to 0.925) of 208 pairs of the test splits',
        'photos test: a.png b.png',
        'missing torchCompile: could not be installed: no network',
        '',
      ],
    );
  });
});
