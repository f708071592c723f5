import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constant, node, value } from '../../ml/onnx/build.js';
import { ATTRIBUTE, decodeModel, encodeModel, type OnnxModel } from '../../ml/onnx/messages.js';
import { float32, floats, withSession } from '../../ml/onnx/session.js';
import { photosOf } from '../../ml/onnx/quantize/calibration.js';
import { png, put } from '../ml/images/photo-set.js';
import { littleModel, SIDE } from '../ml/onnx/quantize/little-model.js';
import { invoke, type Outcome } from './invoke.js';

/** The same network for photos that are interleaved, as TensorFlow's converter writes it. */
function interleaved(): OnnxModel {
  const model = littleModel();
  const { graph } = model;
  const first = node('Transpose', ['image'], 'photos', { perm: [0, 3, 1, 2] });
  return { ...model, graph: { ...graph, node: [first, ...graph.node], input: [value('image', 'float32', ['N', SIDE, SIDE, 3])] } };
}

describe('quantise on the command line', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-quantise-'));
    for (let number = 0; number < 6; number++) await put(root, `photos/${number}.png`, await png(number, 300, 280));
    await put(root, 'photos/notes.txt', 'no photo');
    await put(root, 'one/1.png', await png(1, 300, 280));
    await put(root, 'broken/1.png', await png(1, 300, 280));
    await put(root, 'broken/2.png', 'words');
    await put(root, 'none/notes.txt', 'words');
    await model('little.onnx', littleModel());
  });
  after(() => rm(root, { recursive: true }));
  const model = (name: string, made: OnnxModel): Promise<void> => writeFile(join(root, name), encodeModel(made));
  const run = (name: string, ...more: readonly string[]): Promise<Outcome> =>
    invoke('quantise', '--root', root, name, '--calibrate', 'photos', '-o', `${name}.int8`, ...more);
  const facts = ({ stdout }: Outcome): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>;

  it('writes an INT8 network that answers alike, and says its errors and what stayed in float', async () => {
    const done = await run('little.onnx', '--json');
    assert.equal(done.code, 0, done.stderr);
    const { photos, float, values, sizeShare } = facts(done) as {
      photos: number;
      float: unknown[];
      values: { error: number }[];
      sizeShare: number;
    };
    assert.deepEqual([photos, float], [6, []]);
    assert.ok(values.length === 13 && sizeShare < 1);
    const data = new Float32Array(3 * SIDE * SIDE);
    const view = { size: 18, crop: SIDE, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
    (await photosOf([join(root, 'photos/0.png')], view)).source.fill(0, data, 0);
    const head = (file: string): Promise<Float32Array> =>
      withSession(join(root, file), { threads: 1 }, async (session) =>
        floats(await session.run({ photos: float32(data, [1, 3, SIDE, SIDE]) }), 'head').slice(),
      );
    const [wanted, got] = [await head('little.onnx'), await head('little.onnx.int8')];
    const length = (numbers: Float32Array): number => Math.hypot(...numbers);
    assert.ok(length(wanted.map((number, at) => number - (got[at] ?? NaN))) < 0.05 * length(wanted));
  });

  it('takes interleaved photos where the network does, and leaves and names what it does not know', async () => {
    await model('nhwc.onnx', interleaved());
    const done = await run('nhwc.onnx', '--json');
    assert.deepEqual([done.code, (facts(done)['input'] as { layout: string }).layout], [0, 'NHWC']);
    assert.deepEqual(facts(done)['float'], [{ op: 'Transpose', value: 'photos' }]);
    await model('soft.onnx', littleModel({ unknown: 'Softplus' }));
    const soft = await run('soft.onnx', '--mean', '.5,.5,.5', '--std', '.5,.5,.5');
    assert.match(soft.stdout, /left in float: Softplus \(last\.act\), GlobalAveragePool \(average\)/);
  });

  it('gives the same bytes again, and replaces an output only when told to', async () => {
    const before = await readFile(join(root, 'little.onnx.int8'));
    const refused = await run('little.onnx');
    assert.deepEqual([refused.code, /is there already\n {2}cure: .*--force/.test(refused.stderr)], [1, true]);
    assert.equal((await run('little.onnx', '--force')).code, 0);
    assert.equal(Buffer.compare(before, await readFile(join(root, 'little.onnx.int8'))), 0);
  });

  it("counts weights in other files to the float network's size", async () => {
    const golden = 'test/ml/onnx/foreign/golden';
    for (const file of ['outside.onnx', 'outside.data']) await copyFile(join(golden, file), join(root, file));
    const outside = await run('outside.onnx', '--json');
    assert.equal(outside.code, 0, outside.stderr);
    await copyFile(join(golden, 'initializers-as-inputs.onnx'), join(root, 'inside.onnx'));
    const share = (done: Outcome): number => facts(done)['sizeShare'] as number;
    assert.ok(Math.abs(share(outside) / share(await run('inside.onnx', '--json')) - 1) < 0.05);
  });

  it('says how few photos there are', async () => {
    for (const [folder, said] of [
      ['none', /no photo to calibrate with/],
      ['one', /one photo to calibrate with/],
      ['broken', /one photo to calibrate with, 1 could not be read/],
      ['nowhere', /cannot be read as a folder/],
    ] as const) {
      const { code, stderr } = await run('little.onnx', '--force', '--calibrate', folder);
      assert.deepEqual([code, said.test(stderr), /cure: .*--calibrate/.test(stderr)], [1, true, true], stderr);
    }
  });

  const withTensor = (change: (tensor: OnnxModel['graph']['initializer'][number]) => void): OnnxModel => {
    const made = littleModel();
    const tensor = made.graph.initializer.find(({ name }) => name === 'deep.weight');
    if (tensor !== undefined) change(tensor);
    return made;
  };
  const withGraph = (change: (graph: OnnxModel['graph']) => void, of: OnnxModel = littleModel()): OnnxModel => {
    change(of.graph);
    return of;
  };
  const REFUSED: Readonly<Record<string, readonly [model: () => OnnxModel | Uint8Array, said: RegExp]>> = {
    'words instead of a model': [() => Buffer.from('just words'), /is not an ONNX model/],
    'half a model': [() => encodeModel(littleModel()).subarray(0, 2000), /is not an ONNX model, or is cut short/],
    'an empty file': [() => new Uint8Array(0), /is not an ONNX model/],
    'a weight that is no number': [
      () => withTensor((tensor) => (tensor.rawData = new Uint8Array(Float32Array.from({ length: 216 }, () => NaN).buffer))),
      /weight deep\.weight holds NaN/,
    ],
    'weights in another file': [
      () => withTensor((tensor) => (tensor.dataLocation = 1)),
      /keeps its weights in another file, which cannot be read: tensor deep\.weight lies in "", which is no file/,
    ],
    'dimensions that are no counts': [
      () => withTensor((tensor) => (tensor.dims = [-1, 1, 3, 3])),
      /tensor deep\.weight says that it is \[-1, 1, 3, 3\]/,
    ],
    'dimensions of more than there is': [
      () => withTensor((tensor) => (tensor.dims = [1e15, 1, 3, 3])),
      /says that it is .* bytes, and holds 864/,
    ],
    'dimensions of four billion': [() => withTensor((tensor) => (tensor.dims = [4e9])), /16000000000 bytes, and holds 864/],
    'names with escapes': [
      () => withTensor((tensor) => ((tensor.name = '\u001b[31mred'), (tensor.dims = [-1]))),
      /tensor \\u\{1b\}\[31mred/,
    ],
    'an input of 40000 px': [
      () => withGraph((graph) => (graph.input = [value('photos', 'float32', ['N', 3, 40000, 40000])])),
      /a side of 40000 px, more than 4096/,
    ],
    'an old operator set': [() => ({ ...littleModel(), opsetImport: [{ domain: '', version: 11 }] }), /operator set 11/],
    'an operator that nobody knows': [() => littleModel({ unknown: 'Frobnicate' }), /is not a network that onnxruntime runs: .*Frobnicate/],
    'control flow': [
      () => withGraph(({ node: nodes }) => nodes[0]?.attribute.push({ name: 'body', type: 5 })),
      /has a graph inside Conv stem/,
    ],
    'what is quantised already': [
      () => withGraph(({ node: nodes }) => nodes.push(node('QuantizeLinear', ['head', 's'], 'more'))),
      /is quantised already/,
    ],
    'two inputs': [() => withGraph(({ input }) => input.push(value('more', 'float32', [1]))), /has 2 inputs: photos, more/],
    'something else than photos': [
      () => withGraph((graph) => (graph.input = [value('photos', 'float32', ['N', 1, SIDE, SIDE])])),
      /photos \[\?, 1, 16, 16\] does not have three channels/,
    ],
    'a network of nothing to quantise': [
      () => ({
        ...littleModel(),
        graph: {
          name: 'relu',
          node: [node('Relu', ['photos'], 'y')],
          initializer: [constant('unused', [1], new Float32Array(1))],
          input: [value('photos', 'float32', ['N', 3, SIDE, SIDE])],
          output: [value('y', 'float32', ['N', 3, SIDE, SIDE])],
        },
      }),
      /there is nothing to quantise/,
    ],
  };
  for (const [what, [made, said]] of Object.entries(REFUSED))
    it(`refuses ${what}, says so and what to do`, async () => {
      const one = made();
      await writeFile(join(root, 'bad.onnx'), one instanceof Uint8Array ? one : encodeModel(one));
      const { code, stderr, stdout } = await run('bad.onnx');
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, said);
      assert.match(stderr, /\n {2}cure: /);
      assert.doesNotMatch(stderr, /\n\s+at /);
    });

  it('refuses a file that is not there and a size that the network does not take', async () => {
    const nowhere = await run('nowhere.onnx');
    assert.deepEqual([nowhere.code, /nowhere\.onnx/.test(nowhere.stderr)], [1, true]);
    const size = await run('little.onnx', '--force', '--size', '32');
    assert.deepEqual([size.code, /the model takes 16 px, not 32/.test(size.stderr)], [2, true]);
  });

  it('keeps attributes of words and other element types as they are', () => {
    const made = withGraph(({ node: nodes }) => {
      nodes[0]?.attribute.push({ name: 'words', type: ATTRIBUTE.strings, strings: [Buffer.from('a'), Buffer.from('bc')] });
    });
    const [first] = decodeModel(encodeModel(made)).graph.node;
    assert.deepEqual(
      first?.attribute.at(-1)?.strings?.map((word) => Buffer.from(word).toString()),
      ['a', 'bc'],
    );
  });
});
