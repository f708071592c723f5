import assert from 'node:assert/strict';
import { closeness, percentile, quantiles, testHashOf } from '../../../ml/bundle/test-scores.js';
import { Draws } from '../../../ml/random/philox.js';

describe('the scores of the test split', () => {
  it('become quantiles as numpy.quantile gives them', () => {
    // numpy.quantile([0.1, -0.4, 0.35, 0.8], [0, 0.25, 0.5, 0.75, 1])
    const all = quantiles([0.1, -0.4, 0.35, 0.8]);
    [-0.4, -0.025, 0.225, 0.4625, 0.8].forEach((expected, quarter) => assert.ok(Math.abs((all[quarter * 5] ?? NaN) - expected) < 1e-12));
    assert.equal(all.length, 21);
  });

  it('say which share of photos a score beats', () => {
    const all = quantiles(Array.from({ length: 101 }, (_, index) => index / 100));
    for (const score of [0.031, 0.5, 0.77]) assert.ok(Math.abs(percentile(score, all) - 100 * score) < 1e-9);
    assert.deepEqual([percentile(-1, all), percentile(2, all)], [0, 100]);
    assert.equal(percentile(0.5, quantiles([0.5])), 100);
  });

  it('give the difference from which the order is right in 90 % of pairs: that of the curve that the pairs were drawn from', () => {
    const slope = 8;
    const draws = new Draws('pairs', { seed: 1, epoch: 0, index: 0 });
    const differences = Array.from({ length: 20_000 }, () => {
      const size = draws.below(1000) / 2000;
      return draws.below(1_000_000) / 1_000_000 < 1 / (1 + Math.exp(-slope * size)) ? size : -size;
    });
    const found = closeness(differences);
    assert.ok(found !== null);
    assert.ok(Math.abs(found.margin - Math.log(9) / slope) < 0.015, `${found.margin}`);
    assert.deepEqual([found.rightShare, found.pairs], [0.9, 20_000]);
  });

  it('claim no difference to be certain where no pair was wrong, all of them to be close where every pair was, and nothing without pairs', () => {
    const sure = closeness([0.2, 0.3, 0.4]);
    assert.ok(sure !== null && sure.margin > 0.05 && sure.margin < 2);
    assert.equal(closeness([-0.2, -0.3])?.margin, 2);
    assert.equal(closeness([]), null);
    assert.equal(closeness([0, 0]), null);
  });

  it('are told apart by the photos of the pairs, not by their names or other splits', () => {
    const photo = (file: string, sha256: string, split: 'test' | 'train' = 'test') =>
      ({ file, folder: 'sea', label: file.includes('good') ? 'good' : 'bad', split, sha256, width: 1, height: 1, score: null }) as const;
    const set = { version: 2, hash: '', root: '', synthetic: false, pairing: 'by-name', limit: 9, weights: {} } as const;
    const hash = (...photos: ReturnType<typeof photo>[]) => testHashOf({ ...set, photos }, 0);
    const one = hash(photo('sea/good/a.jpg', '1'), photo('sea/bad/a.jpg', '2'));
    assert.equal(hash(photo('sea/good/b.jpg', '1'), photo('sea/bad/b.jpg', '2'), photo('sea/good/c.jpg', '5', 'train')), one);
    assert.notEqual(hash(photo('sea/good/a.jpg', '1'), photo('sea/bad/a.jpg', '3')), one);
  });
});
