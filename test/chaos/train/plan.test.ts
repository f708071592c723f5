import assert from 'node:assert/strict';
import { drawPlan, FAULT_NAMES, sooner, type Fault } from './plan.js';

const SHAPE = { epochs: 8, steps: 4 };
const SEEDS = [0, 1, 2, 3, 1234567890, 2 ** 40 + 5];

describe('the plan of a chaos run', () => {
  const faults = (seed: number): Fault[] => drawPlan(seed, SHAPE).flat();

  it('is the same for the same seed, also when it was written down and read, and another for another', () => {
    for (const seed of SEEDS) assert.deepEqual(drawPlan(seed, SHAPE), JSON.parse(JSON.stringify(drawPlan(seed, SHAPE))));
    assert.equal(new Set(SEEDS.map((seed) => JSON.stringify(drawPlan(seed, SHAPE)))).size, SEEDS.length);
  });

  it('holds every fault whatever the seed, and at least twenty kills', () => {
    for (const seed of SEEDS) {
      const names = faults(seed).map(({ name }) => name);
      assert.deepEqual([...new Set(names)].sort(), [...FAULT_NAMES].sort());
      assert.ok(names.filter((name) => name.startsWith('kill -9')).length >= 20);
    }
  });

  it('kills in the first epoch and in the last, before it is over, and in the middle of writing a checkpoint', () => {
    for (const seed of SEEDS) {
      const stepsOf = (name: string): number[] => faults(seed).flatMap((fault) => (fault.name === name ? [fault.moment.step] : []));
      for (const step of stepsOf('kill -9 in the first epoch')) assert.ok(step < 4, `step ${step}`);
      for (const step of stepsOf('kill -9 in the last epoch')) assert.ok(step > 28 && step < 32, `step ${step}`);
      const torn = faults(seed).filter(({ name }) => name === 'kill -9 while a checkpoint is written');
      assert.ok(torn.length >= 2 && torn.every(({ harm, moment }) => harm.kind === 'tear' && moment.sign === 'checkpoint'));
    }
  });

  it('lets a run suffer its faults in the order of its steps', () => {
    for (const seed of SEEDS)
      for (const ordeal of drawPlan(seed, SHAPE)) {
        const steps = ordeal.map(({ moment }) => moment.step);
        assert.deepEqual(
          steps,
          [...steps].sort((a, b) => a - b),
        );
      }
  });

  it('comes sooner where it came too late', () => {
    const [fault] = faults(1).filter(({ moment }) => moment.delayMs > 1);
    assert.ok(fault !== undefined);
    assert.deepEqual(sooner(fault), { ...fault, moment: { ...fault.moment, delayMs: Math.floor(fault.moment.delayMs / 2) } });
  });
});
