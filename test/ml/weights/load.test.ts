import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import { describeNetwork, type NetworkSpec } from '../../../ml/network/network.js';
import { backboneParameters, loadBackboneWeights, matchWeights } from '../../../ml/weights/load.js';
import { fromTimm } from '../../../ml/weights/names.js';
import { writeSafetensors, type Tensor } from '../../../ml/weights/safetensors.js';

/** Every float tensor of both state dicts, in the order of the layers; made by golden/checkpoints.py. */
const golden = JSON.parse(readFileSync('test/ml/weights/golden/names.json', 'utf8')) as Record<
  'torchvision' | 'timm',
  [string, number[]][]
>;

const SPEC: NetworkSpec = {
  backbone: 'mobilenet_v3_large',
  embedding: 512,
  padding: 'symmetric',
  batchNorm: { mode: 'trained', momentum: 0.01, epsilon: 0.001 },
  regression: false,
};

/** One number is enough to tell tensors apart. */
function tensor(shape: readonly number[], first: number): Tensor {
  const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
  data[0] = first;
  return { shape, data };
}

describe('weights of a backbone', () => {
  const expected = backboneParameters(describeNetwork(SPEC).parameters);
  const torchvision = golden.torchvision.filter(([name]) => name.startsWith('features.'));

  it("are named and shaped in our network as in torchvision's", () => {
    assert.deepEqual(
      new Set(expected.map(({ name, shape }) => `${name} ${shape.join('x')}`)),
      new Set(torchvision.map(([name, shape]) => `${name} ${shape.join('x')}`)),
    );
  });

  it("have torchvision's name for each of timm's", () => {
    const ours = fromTimm(golden.timm.map(([name]) => name));
    // Both list the same layers in the same order.
    const timm = golden.timm.filter(([name]) => !name.startsWith('conv_head') && !name.startsWith('classifier'));
    assert.deepEqual(
      timm.map(([name]) => ours.get(name)),
      torchvision.map(([name]) => name),
    );
  });

  for (const family of ['torchvision', 'timm'] as const)
    it(`load from ${family}'s safetensors without the classifier`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'emo-aen-load-'));
      try {
        const file = join(folder, 'weights');
        const small = golden[family].filter(([name]) => /^(features\.0|conv_stem|bn1|classifier)/.test(name));
        await writeSafetensors(file, new Map(small.map(([name, shape], index) => [name, tensor(shape.slice(0, 1), index)])), {});
        const loaded = await loadBackboneWeights(file);
        assert.equal(loaded.family, family);
        assert.deepEqual(
          [...loaded.tensors.keys()].sort(),
          torchvision
            .slice(0, 5)
            .map(([name]) => name)
            .sort(),
        );
        assert.equal(loaded.tensors.get('features.0.1.bias')?.data[0], 2);
      } finally {
        await rm(folder, { recursive: true });
      }
    });

  it('are refused under names that nobody uses', async () => {
    await assert.rejects(
      loadBackboneWeights('test/ml/weights/golden/zip.pth'),
      (error) => error instanceof Problem && error.code === 'WEIGHTS' && /names of no known family.*conv\.weight/.test(error.message),
    );
  });

  it('match when name and shape agree', () => {
    const found = new Map(expected.map(({ name, shape }, index) => [name, tensor(shape, index)]));
    assert.deepEqual(
      [...matchWeights(expected, found).keys()],
      expected.map(({ name }) => name),
    );
  });

  it('list all that is missing, surplus and misshapen at once', () => {
    const found = new Map(expected.map(({ name, shape }, index) => [name, tensor(shape, index)]));
    found.delete('features.0.1.running_var');
    found.set('features.4.block.2.fc1.bias', tensor([23], 0));
    found.set('features.17.0.weight', tensor([1], 0));
    assert.throws(
      () => matchWeights(expected, found),
      (error) => {
        assert.ok(error instanceof Problem && error.code === 'WEIGHTS');
        assert.equal(
          error.message,
          [
            'the weights are not those of this network (3 tensors differ):',
            'missing features.0.1.running_var [16]',
            'misshapen features.4.block.2.fc1.bias: [23], not [24]',
            'surplus features.17.0.weight',
          ].join('\n  '),
        );
        return true;
      },
    );
  });

  it('say so where batch norm is folded on one side only', () => {
    const folded = backboneParameters(describeNetwork({ ...SPEC, batchNorm: { ...SPEC.batchNorm, mode: 'folded' } }).parameters);
    const tensors = new Map(folded.map(({ name, shape }) => [name, tensor(shape, 0)]));
    assert.throws(
      () => matchWeights(expected, tensors),
      (error) => error instanceof Problem && /mode: folded/.test(String(error.cure)),
    );
    const unfolded = new Map(expected.map(({ name, shape }) => [name, tensor(shape, 0)]));
    assert.throws(
      () => matchWeights(folded, unfolded),
      (error) => error instanceof Problem && /mode: trained or frozen/.test(String(error.cure)),
    );
  });
});
