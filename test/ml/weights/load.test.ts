import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import { readWeights } from '../../../ml/weights/load.js';
import { writeSafetensors } from '../../../ml/weights/safetensors.js';
import { filled } from './filled.js';

/** Every float tensor of both state dicts, in the order of the layers; made by golden/checkpoints.py. */
const golden = JSON.parse(readFileSync('test/ml/weights/golden/names.json', 'utf8')) as Record<
  'torchvision' | 'timm',
  [string, number[]][]
>;
const signal = new AbortController().signal;
const read = (file: string): ReturnType<typeof readWeights> => readWeights({ file, source: file, backbone: 'mobilenet_v3_large', signal });

describe('reading weights', () => {
  let folder: string;
  let file: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'emo-aen-load-'))));
  after(() => rm(folder, { recursive: true }));
  beforeEach(() => (file = join(folder, 'weights')));

  for (const family of ['torchvision', 'timm'] as const)
    it(`takes ${family}'s safetensors without the classifier, and says so`, async () => {
      const small = golden[family].filter(([name]) => /^(features\.0|blocks\.0\.0\.conv_dw|conv_stem|bn1|classifier)/.test(name));
      await writeSafetensors(file, new Map(small.map(([name, shape], index) => [name, filled(shape.slice(0, 1), index)])), {});
      const weights = await read(file);
      assert.equal(weights.family, family);
      const stem = [...weights.tensors].filter(([name]) => name.startsWith('features.0.')).map(([name, { data }]) => [data[0], name]);
      assert.deepEqual(stem.sort(), [
        [0, 'features.0.0.weight'],
        [1, 'features.0.1.weight'],
        [2, 'features.0.1.bias'],
        [3, 'features.0.1.running_mean'],
        [4, 'features.0.1.running_var'],
      ]);
      const classifier = small.filter(([name]) => name.startsWith('classifier'));
      assert.deepEqual(weights.notes, [`left out: its classifier (${classifier.length} tensors)`]);
    });

  it('takes off what wrappers put before every name, and says so', async () => {
    for (const prefix of ['module.', 'model.', 'model.module.', '_orig_mod.']) {
      const names = golden.torchvision.filter(([name]) => name.startsWith('features.0.'));
      await writeSafetensors(file, new Map(names.map(([name, shape], index) => [prefix + name, filled(shape.slice(0, 1), index)])), {});
      const { tensors, notes } = await read(file);
      assert.deepEqual([...tensors.keys()].sort(), names.map(([name]) => name).sort());
      assert.deepEqual(notes, [`the prefix ${prefix} was taken off every name`]);
    }
  });

  const MISTAKES: Readonly<Record<string, readonly [bytes: string | Buffer, said: RegExp]>> = {
    'an HTML page': ['\n<!DOCTYPE html>\n<html><title>Log in</title>', /it is an HTML page, as of a login or an error/],
    "a store's answer": ['<?xml version="1.0"?><Error>', /it is XML/],
    'a Git LFS pointer': ['version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n', /it is a Git LFS pointer/],
    'a gzip file': [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]), /it is compressed by gzip/],
    "Keras' archive": ['PK\x03\x04 config.json model.weights.h5', /it is Keras' archive of a whole model/],
    'JSON text': ['{"message": "not found, or not for you"}', /it is JSON text/],
    nothing: ['', /an empty file/],
  };
  for (const [what, [bytes, said]] of Object.entries(MISTAKES))
    it(`says that ${what} is no file of weights`, async () => {
      await writeFile(file, bytes);
      await assert.rejects(read(file), refusal(said));
    });

  it('refuses names that nobody uses', async () => {
    await assert.rejects(read('test/ml/weights/golden/zip.pth'), refusal(/names of no known family.*conv\.weight/));
  });

  it('counts as surplus what has no place, and a second tensor for one place', async () => {
    const names = [
      'expanded_conv/depthwise/depthwise_kernel:0',
      'expanded_conv_depthwise/kernel',
      'expanded_conv_15_expand/kernel',
      'other',
    ];
    await writeSafetensors(file, new Map(names.map((name, index) => [name, filled([1], index)])), {});
    const { family, tensors, surplus } = await read(file);
    assert.equal(family, 'keras');
    assert.deepEqual([...tensors.keys()], ['features.1.block.0.0.weight']);
    assert.deepEqual(surplus, ['expanded_conv_15_expand/kernel', 'expanded_conv_depthwise/kernel', 'other']);
  });

  it('refuses a file that is far too large before it reads it', async () => {
    await writeFile(file, '');
    await truncate(file, 2 ** 31);
    await assert.rejects(read(file), refusal(/2147483648 bytes/));
  });
});

function refusal(message: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof Problem && error.code === 'WEIGHTS' && message.test(error.message);
}
