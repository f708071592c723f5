import assert from 'node:assert/strict';
import { describeNetwork, INPUT, isTrained, makeDivisible, type Network, type NetworkSpec } from '../../../ml/network/network.js';
import { BackboneName } from '../../../configs/schema/backbones.js';

const spec = (change: Partial<NetworkSpec> = {}): NetworkSpec => ({
  backbone: 'mobilenet_v3_large',
  embedding: 512,
  padding: 'symmetric',
  regression: false,
  batchNorm: { mode: 'trained', momentum: 0.01, epsilon: 0.001 },
  ...change,
});
const folded = { mode: 'folded', momentum: 0.01, epsilon: 0.001 } as const;

const count = ({ parameters }: Network, prefix: string): number =>
  parameters
    .filter(({ name, kind }) => name.startsWith(prefix) && !kind.startsWith('running'))
    .reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0);

describe('the network', () => {
  it('has 2,971,952 parameters before the head, as torchvision counts them, and the head of the method', () => {
    const network = describeNetwork(spec());
    assert.equal(count(network, 'features.'), 2_971_952);
    assert.equal(count(network, 'head.'), 960 * 512 + 512);
    assert.equal(count(network, 'direction'), 512);
    assert.equal(count(network, 'regression.'), 0);
  });

  it('has 927,008 parameters before the head where it is Small', () => {
    const network = describeNetwork(spec({ backbone: 'mobilenet_v3_small' }));
    assert.equal(count(network, 'features.'), 927_008);
    assert.equal(count(network, 'head.'), 576 * 512 + 512);
  });

  for (const backbone of BackboneName.options) {
    it(`makes every value of ${backbone} before it is used, and once`, () => {
      const network = describeNetwork(spec({ backbone, regression: true }));
      const made = new Set([INPUT]);
      for (const node of network.nodes) {
        const read = [node.input, ...('by' in node ? [node.by] : []), ...('other' in node ? [node.other] : [])];
        for (const value of read) assert.ok(made.has(value), `${node.output} reads ${value}`);
        assert.ok(!made.has(node.output), `${node.output} is made twice`);
        made.add(node.output);
      }
      for (const output of Object.values(network.outputs)) assert.ok(output !== null && made.has(output));
    });
  }

  it('has biases in place of batch norm where it is folded', () => {
    const network = describeNetwork(spec({ backbone: 'mobilenet_v3_large_minimalistic', batchNorm: folded }));
    assert.ok(network.nodes.every(({ op }) => op !== 'batchNorm' && op !== 'hardSwish' && op !== 'scale'));
    assert.ok(network.parameters.some(({ name }) => name === 'features.1.block.0.0.bias'));
  });

  it('trains everything but running averages, and no norms where they are frozen', () => {
    const trainedKinds = (network: Network): Set<string> =>
      new Set(network.parameters.filter((parameter) => isTrained(parameter, network.spec)).map(({ kind }) => kind));
    assert.deepEqual(trainedKinds(describeNetwork(spec())), new Set(['weight', 'bias', 'scale', 'shift', 'direction']));
    const frozen = spec({ batchNorm: { mode: 'frozen', momentum: 0.01, epsilon: 0.001 } });
    assert.deepEqual(trainedKinds(describeNetwork(frozen)), new Set(['weight', 'bias', 'direction']));
  });

  it('rounds squeezed channels as the paper does', () => {
    assert.deepEqual([18, 30, 120, 168, 240, 7].map(makeDivisible), [24, 32, 120, 168, 240, 8]);
  });
});
