import assert from 'node:assert/strict';
import { Speed } from '../../../ml/engine/speed.js';

describe('the speed of steps', () => {
  it('is over all of them, the long ones counting for more', () => {
    const speed = new Speed();
    assert.deepEqual([speed.imagesPerSecond, speed.dataWaitShare], [0, 0]);
    speed.add(32, 1, 0.5);
    speed.add(32, 3, 0);
    assert.deepEqual([speed.imagesPerSecond, speed.dataWaitShare], [16, 0.125]);
  });
});
