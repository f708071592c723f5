import assert from 'node:assert/strict';
import { Pace, paced } from '../../../ml/images/pace.js';

describe('the pace of photos', () => {
  let time: number;
  let pace: Pace;
  beforeEach(() => {
    time = 1000;
    pace = new Pace(() => time);
  });

  it('is not told before there is anything to tell it by', () => {
    assert.deepEqual(pace.at(0, 100), { perSecond: null, secondsLeft: null });
    assert.deepEqual(paced('looking', pace.at(0, 100)), { message: 'looking' });
  });

  it('is what passed, by the time that it took, and says how long the rest takes', () => {
    pace.at(0, 100);
    time += 2000;
    assert.deepEqual(pace.at(40, 100), { perSecond: 20, secondsLeft: 3 });
    assert.deepEqual(paced('looking', pace.at(40, 100)), { message: 'looking, 20/s', secondsLeft: 3 });
  });

  it('forgets how fast it was before the last half minute', () => {
    for (let done = 0; done <= 6000; done += 100, time += 1000) pace.at(done, 1e6);
    for (let second = 1; second <= 40; second++, time += 1000) pace.at(6000 + 2 * second, 1e6);
    const { perSecond } = pace.at(6080, 1e6);
    assert.ok(perSecond !== null && Math.abs(perSecond - 2) < 0.2, String(perSecond));
  });
});
