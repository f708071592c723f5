import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describeNetwork } from '../../../ml/network/network.js';
import { familyOf } from '../../../ml/weights/families.js';
import { fromKeras, fromTimm, fromTorchvision, type Meaning } from '../../../ml/weights/names.js';
import { kerasGolden } from './keras-file.js';

/** Every float tensor of both state dicts, in the order of the layers; made by golden/checkpoints.py. */
const golden = JSON.parse(readFileSync('test/ml/weights/golden/names.json', 'utf8')) as Record<string, [string, number[]][]>;
/** Keras' names of MobileNetV3-Small; made by golden/keras_small.py. */
const kerasSmall = JSON.parse(readFileSync('test/ml/weights/golden/keras_small.json', 'utf8')) as {
  readonly variables: readonly string[];
  readonly numbered: Readonly<Record<string, string>>;
};
const inWords = (meaning: Meaning | undefined): string | undefined => (meaning?.kind === 'parameter' ? meaning.name : meaning?.kind);
const KERAS_NUMBERS: Readonly<Record<string, number>> = {
  kernel: 0,
  bias: 1,
  gamma: 0,
  beta: 1,
  moving_mean: 2,
  moving_variance: 3,
};

const NETWORKS = [
  { backbone: 'mobilenet_v3_large', suffix: '', keras: kerasGolden.large.variables.map(([name]) => name) },
  { backbone: 'mobilenet_v3_small', suffix: '-small', keras: kerasSmall.variables },
] as const;

describe('names of parameters', () => {
  for (const { backbone, suffix, keras } of NETWORKS) {
    const namesOf = (family: 'torchvision' | 'timm'): string[] => (golden[family + suffix] ?? []).map(([name]) => name);
    const torchvision = namesOf('torchvision').filter((name) => name.startsWith('features.'));

    it(`are torchvision's, and its classifier is known: ${backbone}`, () => {
      const meanings = fromTorchvision(namesOf('torchvision'), backbone);
      for (const [name, meaning] of meanings) assert.equal(inWords(meaning), name.startsWith('classifier') ? 'classifier' : name);
    });

    it(`have torchvision's shapes, none missing and none more: ${backbone}`, () => {
      const batchNorm = { mode: 'trained', momentum: 0.01, epsilon: 0.001 } as const;
      const { parameters } = describeNetwork({ backbone, embedding: 512, padding: 'symmetric', batchNorm, regression: false });
      const ours = parameters.filter(({ name }) => name.startsWith('features.')).map(({ name, shape }) => [name, shape]);
      const theirs = (golden[`torchvision${suffix}`] ?? []).filter(([name]) => name.startsWith('features.'));
      assert.deepEqual(Object.fromEntries(ours), Object.fromEntries(theirs));
    });

    it(`have one of ours for each of timm's: ${backbone}`, () => {
      const meanings = fromTimm(namesOf('timm'), backbone);
      // Both list the same layers in the same order.
      const found = namesOf('timm').map((name) => inWords(meanings.get(name)));
      assert.deepEqual(
        found.filter((name) => name !== 'classifier'),
        torchvision,
      );
      assert.equal(found.filter((name) => name === 'classifier').length, 4);
    });

    it(`have one of ours for each of Keras', once: ${backbone}`, () => {
      const found = [...fromKeras(keras, backbone).values()].map(inWords).filter((name) => name !== 'classifier');
      assert.deepEqual(found.sort(), [...torchvision].sort());
    });
  }

  it("are those of Keras' layers, where its numbers stand for them", () => {
    const numbered = kerasSmall.variables.map((name) => {
      const [layer = '', variable = ''] = name.split('/');
      return `${kerasSmall.numbered[layer]}/vars/${KERAS_NUMBERS[variable]}`;
    });
    const meanings = (names: readonly string[]): unknown[] => [...fromKeras(names, 'mobilenet_v3_small').values()];
    assert.deepEqual(meanings(numbered), meanings(kerasSmall.variables));
  });

  it("have no place for timm's squeezes in a network without", () => {
    const names = ['blocks.2.0.se.conv_reduce.weight', 'blocks.2.0.conv_pwl.weight'];
    assert.deepEqual([...fromTimm(names, 'mobilenet_v3_large_minimalistic').values()].map(inWords), [
      'unknown',
      'features.4.block.2.0.weight',
    ]);
  });

  const KERAS: Readonly<Record<string, string>> = {
    'logits/kernel': 'classifier',
    'Conv_2/Conv_2/bias:0': 'classifier',
    'layers/conv2d_48/vars/1': 'classifier',
    'layers/conv2d_49/vars/0': 'unknown',
    'layers/conv2d/vars/2': 'unknown',
    'MobileNetV3Large/Conv/BatchNorm/gamma:0': 'features.0.1.weight',
    'layers/functional/layers/batch_normalization/vars/3': 'features.0.1.running_var',
    'model_weights/expanded_conv_14_squeeze_excite_conv_1/expanded_conv_14_squeeze_excite_conv_1/bias': 'features.15.block.2.fc2.bias',
    'optimizer_weights/Adam/Conv/kernel/m:0': 'optimizer',
    'optimizer/vars/1': 'optimizer',
    'conv/something': 'unknown',
    'dense/kernel': 'unknown',
  };
  it("tell Keras' classifier, optimiser and what is no part of the network from the rest", () => {
    const meanings = fromKeras(Object.keys(KERAS), 'mobilenet_v3_large');
    assert.deepEqual(Object.fromEntries([...meanings].map(([name, meaning]) => [name, inWords(meaning)])), KERAS);
  });
});

describe('the family of weights', () => {
  const FAMILIES: readonly (readonly [family: string | null, name: string, source: string])[] = [
    ['torchvision', 'features.0.0.weight', 'https://download.pytorch.org/models/mobilenet_v3_large-5c1a4163.pth'],
    ['folded', 'features.0.0.bias', 'weights/mine.safetensors'],
    ['folded', 'features.1.block.1.0.bias', 'weights/mine.safetensors'],
    ['torchvision', 'features.4.block.2.fc1.bias', 'weights/mine.safetensors'],
    ['timm', 'conv_stem.weight', 'weights/mine.safetensors'],
    ['timm-tf', 'conv_stem.weight', 'https://example.org/timm/tf_mobilenetv3_large_100.in1k/resolve/main/model.safetensors'],
    ['timm-miil', 'blocks.0.0.conv_dw.weight', 'weights/mobilenetv3_large_100_1k_miil_78_0-66471c13.pth'],
    ['timm-ra4', 'blocks.0.0.conv_dw.weight', 'timm/mobilenetv3_large_100.ra4_e3600_r224_in1k/model.safetensors'],
    ['keras', 'expanded_conv/depthwise/expanded_conv/depthwise/depthwise_kernel:0', 'weights.h5'],
    ['keras', 'expanded_conv_3_project_bn/2', 'weights.h5'],
    ['keras', 'layers/depthwise_conv2d/vars/0', 'weights.h5'],
    [null, 'features.0.weight', 'vgg.pth'],
    [null, 'dense/kernel', 'weights.h5'],
  ];
  for (const [family, name, source] of FAMILIES)
    it(`is ${family ?? 'not known'} for ${name} from ${source}`, () => assert.equal(familyOf([name], source), family));
});
