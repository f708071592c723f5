import assert from 'node:assert/strict';
import { tauOf } from '../../../../ml/engine/jobs/evaluate.js';

describe("Kendall's tau of an evaluation", () => {
  const scores = new Map([0.4, 0.3, 0.2, 0.1].map((score, photo) => [photo, score]));
  const tau = (people: readonly (number | null)[]): number | null =>
    tauOf(
      [0, 1, 2, 3],
      people.map((score, photo) => ({ label: photo < 2 ? 'bad' : 'good', score })),
      scores,
    );

  it("compares the network with the means of people's scores, of the photos that have one", () => {
    assert.equal(tau([9, 7.5, 3, 1]), 1);
    assert.equal(tau([9, null, 3, null]), 1);
    assert.equal(tau([1, 2, 3, 4]), -1);
  });

  it('compares it with good above bad where nobody scored', () => assert.ok((tau([null, null, null, null]) ?? 0) < -0.8));
});
