import assert from 'node:assert/strict';
import { pick } from '../../../ml/engine/kernels.js';
import { Learner, microBatches, type MicroBatch, type StepResult } from '../../../ml/engine/learner.js';
import type { Engine, Program } from '../../../ml/engine/kernels.js';
import { initialise } from '../../../ml/network/initialise.js';
import { describeNetwork, type NetworkSpec } from '../../../ml/network/network.js';
import { seeded } from '../onnx/seeded-network.js';
import { engineOf, tensorFlow, type TestEngine } from './programs.js';
import { smallSettings } from './small-set.js';

const CROP = 32;
/** The minimalistic backbone has half the nodes; what the other one has besides is in the first test. */
const SPEC: NetworkSpec = {
  backbone: 'mobilenet_v3_large_minimalistic',
  embedding: 8,
  padding: 'symmetric',
  batchNorm: { mode: 'trained', momentum: 0.1, epsilon: 0.001 },
  regression: true,
};

function learnerOf(name: TestEngine, spec: NetworkSpec = SPEC, engine: Engine = engineOf(name)): Learner {
  const network = describeNetwork(spec);
  const { loss, optimizer, loop } = smallSettings();
  const settings = { crop: CROP, precision: 'float32' as const, loss, optimizer, clip: loop.clip };
  return new Learner({
    tensorFlow: tensorFlow(),
    engine,
    network,
    stored: initialise(network, 1),
    training: true,
    settings,
  });
}

function batchOf(pairs: number, name = 'photos'): MicroBatch {
  const photos = seeded(name, 2 * pairs * CROP * CROP * 3, (u) => 4 * u - 2);
  return {
    pairs,
    photos,
    target: seeded('target', 2 * pairs, (u) => u),
    mask: Float32Array.from({ length: 2 * pairs }, (_, row) => row % 2),
  };
}

/** The largest difference between two learners' tensors, and the largest number among them. */
function distance(a: Learner, b: Learner): number {
  const [left, right] = [a.toStored(), b.toStored()];
  let largest = 0;
  for (const [name, { data }] of left) {
    const other = pick(right, name).data;
    data.forEach((value, at) => (largest = Math.max(largest, Math.abs(value - (other[at] ?? NaN)))));
  }
  return largest;
}

const MODES = [
  ['mobilenet_v3_large', 'trained', 'symmetric', 'graph'],
  ['mobilenet_v3_large', 'trained', 'symmetric', 'graph without own kernels'],
  ['mobilenet_v3_large_minimalistic', 'frozen', 'symmetric', 'graph'],
  ['mobilenet_v3_large_minimalistic', 'folded', 'same', 'graph'],
] as const;

describe('the graph engine', function () {
  this.timeout(60_000);
  for (const [backbone, mode, padding, engine] of MODES)
    it(`takes the same steps as the eager engine with ${backbone}, batch norm ${mode}, padding ${padding}: ${engine}`, () => {
      const spec = { ...SPEC, backbone, padding, batchNorm: { ...SPEC.batchNorm, mode } };
      const [graph, eager] = [learnerOf(engine, spec), learnerOf('eager', spec)];
      for (let step = 1; step <= 3; step++) {
        const results = [graph, eager].map((learner) => learner.step([batchOf(3)], 1e-5, step));
        const [a, b] = results as [StepResult, StepResult];
        assert.ok(Math.abs(a.loss - b.loss) < 1e-4 && a.right === b.right, JSON.stringify(results));
        assert.ok(Math.abs(a.gradNorm / b.gradNorm - 1) < 1e-3, JSON.stringify(results));
      }
      // AdamW's first steps move by lr whatever the gradient's size: where that is only rounding, by lr in either direction.
      assert.ok(distance(graph, eager) < 1e-3);
      assert.ok(distance(graph, learnerOf('eager', spec)) > 1e-6, 'nothing moved');
      graph.close();
      eager.close();
    });

  it('repeats a step bit for bit', () => {
    const [first, second] = [learnerOf('graph'), learnerOf('graph')];
    for (const learner of [first, second]) for (let step = 1; step <= 3; step++) learner.step([batchOf(3)], 1e-3, step);
    assert.equal(distance(first, second), 0);
    first.close();
    second.close();
  });

  it('leaves no tensor behind, whatever it did', () => {
    const before = tensorFlow().getNumOfTensors();
    const learner = learnerOf('graph');
    const held = tensorFlow().getNumOfTensors();
    for (let step = 1; step <= 3; step++) {
      learner.step([batchOf(2)], 1e-3, step);
      learner.step([batchOf(2), batchOf(1)], 1e-3, step);
      learner.infer(batchOf(1).photos, 2);
    }
    learner.step([{ ...batchOf(2), photos: new Float32Array(4 * CROP * CROP * 3).fill(NaN) }], 1e-3, 4);
    assert.equal(tensorFlow().getNumOfTensors(), held);
    learner.close();
    assert.equal(tensorFlow().getNumOfTensors(), before);
  });
});

describe('a step', function () {
  this.timeout(60_000);
  it('in micro-batches moves as the whole batch does where no norm looks at the batch', () => {
    const spec: NetworkSpec = { ...SPEC, regression: false, batchNorm: { ...SPEC.batchNorm, mode: 'frozen' } };
    const whole = batchOf(3);
    const floats = CROP * CROP * 3;
    const part = (pairs: readonly number[]): MicroBatch => {
      const rows = [...pairs, ...pairs.map((pair) => pair + 3)];
      const photos = Float32Array.from(rows.flatMap((row) => [...whole.photos.subarray(row * floats, (row + 1) * floats)]));
      return { ...batchOf(pairs.length), photos };
    };
    const [once, twice] = [learnerOf('graph', spec), learnerOf('graph', spec)];
    const a = once.step([whole], 1e-5, 1);
    const b = twice.step([part([0, 1]), part([2])], 1e-5, 1);
    assert.ok(Math.abs(a.loss - b.loss) < 1e-6 && a.right === b.right);
    assert.ok(Math.abs(a.gradNorm / b.gradNorm - 1) < 1e-4);
    const moments = (learner: Learner): Float32Array => pick(learner.toStored(), 'optimizer.m.head.weight').data;
    const [left, right] = [moments(once), moments(twice)];
    const scale = Math.max(...left.map(Math.abs));
    assert.ok(left.every((value, at) => Math.abs(value - (right[at] ?? NaN)) < 1e-3 * scale));
    once.close();
    twice.close();
  });

  it('that is not finite changes nothing and says so', () => {
    const [learner, untouched] = [learnerOf('graph'), learnerOf('graph')];
    const result = learner.step([{ ...batchOf(2), photos: new Float32Array(4 * CROP * CROP * 3).fill(NaN) }], 1e-3, 1);
    assert.equal(result.taken, false);
    assert.equal(distance(learner, untouched), 0);
    learner.close();
    untouched.close();
  });

  it('beyond its limits changes nothing and says so', () => {
    const [learner, untouched] = [learnerOf('graph'), learnerOf('graph')];
    const { loss, gradNorm } = untouched.step([batchOf(2)], 0, 1);
    for (const limits of [
      { loss: loss / 2, gradNorm: 2 * gradNorm },
      { loss: 2 * loss, gradNorm: gradNorm / 2 },
    ]) {
      const result = learner.step([batchOf(2)], 1e-3, 1, { limits });
      assert.deepEqual([result.taken, result.loss, result.gradNorm], [false, loss, gradNorm]);
    }
    assert.equal(learner.step([batchOf(2)], 0, 1, { limits: { loss, gradNorm } }).taken, true);
    assert.equal(distance(learner, untouched), 0);
    learner.close();
    untouched.close();
  });

  it('that the device refuses half-way changes nothing and leaves no tensor behind', () => {
    const whole = engineOf('graph');
    let allowed = Infinity;
    const refusing: Engine = {
      name: 'graph',
      prepare: (computation) => {
        const program = whole.prepare(computation);
        const run: Program['run'] = (inputs) => {
          if (allowed-- <= 0) throw new Error('OOM when allocating');
          return program.run(inputs);
        };
        return { run, close: () => program.close() };
      },
    };
    const [learner, untouched] = [learnerOf('graph', SPEC, refusing), learnerOf('graph')];
    const before = tensorFlow().getNumOfTensors();
    for (const parts of [0, 1, 2]) {
      allowed = parts;
      assert.throws(() => learner.step([batchOf(1), batchOf(1)], 1e-3, 1), /OOM/);
      assert.equal(tensorFlow().getNumOfTensors(), before);
    }
    assert.equal(distance(learner, untouched), 0);
    learner.close();
    untouched.close();
  });

  it('repeated on the same pairs ranks them', () => {
    const learner = learnerOf('graph', { ...SPEC, regression: false });
    const results = Array.from({ length: 25 }, (_, step) => learner.step([batchOf(3)], 1e-3, step + 1));
    assert.equal(results.at(-1)?.right, 3);
    assert.ok((results.at(-1)?.loss ?? 1) < 0.5 * (results[0]?.loss ?? 0), JSON.stringify(results));
    learner.close();
  });
});

describe('micro-batches', () => {
  it('are as even as they can be, and never more than there are pairs', () => {
    assert.deepEqual(microBatches(16, 1), [16]);
    assert.deepEqual(microBatches(16, 3), [6, 5, 5]);
    assert.deepEqual(microBatches(2, 4), [1, 1]);
  });
});
