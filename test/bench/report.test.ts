import assert from 'node:assert/strict';
import { joined, NOTHING, table } from '../../bench/report.js';

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
      medians: { oursMs: 1234.5, oursFirstStepSeconds: 3.25 },
      missing: { torchCompile: 'could not be installed: no network' },
      limits: { kerasGraph: 0.75, torchEager: 0.8, oursFirstStepSeconds: 15 },
    });
    assert.deepEqual(
      text.split('\n').map((line) => line.replaceAll(/ +/g, ' ')),
      [
        'ratio kerasGraph 0.50 (limit 0.75)',
        'ratio torchEager 0.90 OVER the limit of 0.80',
        'share dataWait 1.2 %',
        'median oursMs 1235',
        'median oursFirstStepSeconds 3.3 (limit 15.0)',
        'missing torchCompile: could not be installed: no network',
        '',
      ],
    );
  });
});
