import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { familyOf } from '../../../ml/weights/families.js';
import { fromKeras, fromTimm, fromTorchvision, type Meaning } from '../../../ml/weights/names.js';
import { kerasGolden } from './keras-file.js';

/** Every float tensor of both state dicts, in the order of the layers; made by golden/checkpoints.py. */
const golden = JSON.parse(readFileSync('test/ml/weights/golden/names.json', 'utf8')) as Record<
  'torchvision' | 'timm',
  [string, number[]][]
>;
const namesOf = (family: keyof typeof golden): string[] => golden[family].map(([name]) => name);
const torchvision = namesOf('torchvision').filter((name) => name.startsWith('features.'));
const inWords = (meaning: Meaning | undefined): string | undefined => (meaning?.kind === 'parameter' ? meaning.name : meaning?.kind);

describe('names of parameters', () => {
  it("are torchvision's, and its classifier is known", () => {
    const meanings = fromTorchvision(namesOf('torchvision'), 'mobilenet_v3_large');
    for (const [name, meaning] of meanings) assert.equal(inWords(meaning), name.startsWith('classifier') ? 'classifier' : name);
  });

  it("have one of ours for each of timm's", () => {
    const meanings = fromTimm(namesOf('timm'), 'mobilenet_v3_large');
    // Both list the same layers in the same order.
    const found = namesOf('timm').map((name) => inWords(meanings.get(name)));
    assert.deepEqual(
      found.filter((name) => name !== 'classifier'),
      torchvision,
    );
    assert.equal(found.filter((name) => name === 'classifier').length, 4);
  });

  it("have no place for timm's squeezes in a network without", () => {
    const names = ['blocks.2.0.se.conv_reduce.weight', 'blocks.2.0.conv_pwl.weight'];
    assert.deepEqual([...fromTimm(names, 'mobilenet_v3_large_minimalistic').values()].map(inWords), [
      'unknown',
      'features.4.block.2.0.weight',
    ]);
  });

  it("have one of ours for each of Keras', once", () => {
    const names = kerasGolden.large.variables.map(([name]) => name);
    assert.deepEqual([...fromKeras(names, 'mobilenet_v3_large').values()].map(inWords).sort(), [...torchvision].sort());
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
