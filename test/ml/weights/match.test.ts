import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import { metadataTexts } from '../../../ml/engine/checkpoint.js';
import { describeNetwork, type NetworkSpec } from '../../../ml/network/network.js';
import { FAMILIES } from '../../../ml/weights/families.js';
import { readWeights, type SourceWeights } from '../../../ml/weights/load.js';
import { matchWeights } from '../../../ml/weights/match.js';
import { writeSafetensors, type Tensor } from '../../../ml/weights/safetensors.js';
import { filled } from './filled.js';

const SPEC: NetworkSpec = {
  backbone: 'mobilenet_v3_large',
  embedding: 16,
  padding: 'symmetric',
  batchNorm: { mode: 'trained', momentum: 0.01, epsilon: 0.001 },
  regression: true,
};
const FOLDED: NetworkSpec = { ...SPEC, batchNorm: { ...SPEC.batchNorm, mode: 'folded' } };
const network = describeNetwork(SPEC);

/** All tensors of a network, or its backbone's, each told by its number. */
function tensorsOf(spec: NetworkSpec, wanted: (name: string) => boolean = () => true): Map<string, Tensor> {
  return new Map(
    describeNetwork(spec)
      .parameters.filter(({ name }) => wanted(name))
      .map(({ name, shape }, index) => [name, filled(shape, index)]),
  );
}
const isBackbone = (name: string): boolean => name.startsWith('features.');
const foreign = (tensors: ReadonlyMap<string, Tensor>): SourceWeights => ({
  family: 'torchvision',
  conventions: FAMILIES.torchvision,
  tensors,
  surplus: [],
  theirs: new Map(),
  notes: [],
  own: null,
});

describe('weights from elsewhere', () => {
  it('fill exactly the backbone when names and shapes agree', () => {
    const tensors = tensorsOf(SPEC, isBackbone);
    assert.deepEqual(matchWeights(network, foreign(tensors)), { tensors, notes: [] });
  });

  it('list all that is missing, surplus and misshapen at once', () => {
    const tensors = tensorsOf(SPEC, isBackbone);
    tensors.delete('features.0.1.running_var');
    tensors.set('features.4.block.2.fc1.bias', filled([23], 0));
    tensors.set('features.17.0.weight', filled([1], 0));
    assert.throws(
      () => matchWeights(network, { ...foreign(tensors), surplus: ['ema.decay'] }),
      refusal(
        [
          'the weights are not those of this network (4 tensors differ):',
          'missing features.0.1.running_var [16]',
          'misshapen features.4.block.2.fc1.bias: [23], not [24]',
          'surplus features.17.0.weight',
          'surplus ema.decay',
        ].join('\n  '),
      ),
    );
  });

  it('say so where batch norm is folded on one side only', () => {
    const cure =
      (wanted: RegExp) =>
      (error: unknown): boolean =>
        error instanceof Problem && wanted.test(String(error.cure));
    assert.throws(() => matchWeights(network, foreign(tensorsOf(FOLDED, isBackbone))), cure(/mode: folded/));
    assert.throws(() => matchWeights(describeNetwork(FOLDED), foreign(tensorsOf(SPEC, isBackbone))), cure(/mode: trained or frozen/));
  });
});

describe('a checkpoint of our own', () => {
  let folder: string;
  let file: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'emo-aen-match-'));
    file = join(folder, 'last.safetensors');
  });
  after(() => rm(folder, { recursive: true }));

  /** Reads back a checkpoint of `spec` that holds `tensors`. */
  const reread = async (spec: NetworkSpec, tensors: ReadonlyMap<string, Tensor>): Promise<SourceWeights> => {
    await writeSafetensors(file, tensors, metadataTexts({ network: spec, weights: 'random', seed: 1, trained: null }));
    return readWeights({ file, source: file, backbone: SPEC.backbone, signal: new AbortController().signal });
  };

  it('fills the whole network, and its optimiser is left out and said to be', async () => {
    const tensors = tensorsOf(SPEC);
    const moments = [...tensors].flatMap(([name, tensor]): [string, Tensor][] => [
      [`optimizer.m.${name}`, tensor],
      [`optimizer.v.${name}`, tensor],
    ]);
    const weights = await reread(
      { ...SPEC, padding: 'same', batchNorm: { ...SPEC.batchNorm, epsilon: 0.5 } },
      new Map([...tensors, ...moments]),
    );
    assert.deepEqual(weights.conventions, { padding: 'same', epsilon: 0.5, normalize: null });
    assert.deepEqual(matchWeights(network, weights), {
      tensors,
      notes: [`left out: its optimiser's state (${moments.length} tensors)`],
    });
  });

  it('is refused by name where its network is another one', async () => {
    const other = { ...FOLDED, embedding: 8, backbone: 'mobilenet_v3_large_minimalistic' } as const;
    const weights = await reread(other, tensorsOf(other));
    assert.throws(
      () => matchWeights(network, weights),
      refusal(
        'the checkpoint is of another network: its model.backbone is mobilenet_v3_large_minimalistic, the settings say mobilenet_v3_large; ' +
          'its model.embedding is 8, the settings say 16; its model.batchNorm.mode is folded, the settings say trained or frozen',
      ),
    );
  });

  it('lists what it lacks, has too much or in another shape', async () => {
    const tensors = tensorsOf(SPEC);
    tensors.delete('direction');
    tensors.set('head.bias', filled([8], 0)).set('head.extra', filled([1], 0));
    const weights = await reread(SPEC, tensors);
    assert.throws(
      () => matchWeights(network, weights),
      refusal(
        [
          'the weights are not those of this network (3 tensors differ):',
          'misshapen head.bias: [8], not [16]',
          'missing direction [16]',
          'surplus head.extra',
        ].join('\n  '),
      ),
    );
  });

  it('gives no regression head where none is wanted, and leaves it random where it has none; both are said', async () => {
    const without = { ...SPEC, regression: false };
    const common = tensorsOf(without);
    assert.deepEqual(matchWeights(describeNetwork(without), await reread(SPEC, tensorsOf(SPEC))), {
      tensors: common,
      notes: ['left out: its regression head, since model.regression is off'],
    });
    assert.deepEqual(matchWeights(network, await reread(without, common)), {
      tensors: common,
      notes: ['its regression head begins with random numbers: the checkpoint has none'],
    });
  });
});

function refusal(message: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Problem && error.code === 'WEIGHTS');
    assert.equal(error.message, message);
    return true;
  };
}
