import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { encodeModel, decodeModel, type OnnxModel } from '../../../ml/onnx/messages.js';
import { exportNetwork } from '../../../ml/onnx/export.js';
import { float32, floats, withSession } from '../../../ml/onnx/session.js';
import { LARGE, MINIMALISTIC, SEEDED_EXPORTS, seededExport, seededNetwork, seededPhotos } from './seeded-network.js';

interface Reference {
  readonly features: readonly number[];
  readonly embedding: readonly number[];
  readonly score: readonly number[];
  readonly mean_opinion_score: readonly number[] | null;
}

// The compiled test runs from dist/, its golden files stay where they are written.
const golden = async (name: string): Promise<unknown> => JSON.parse(await readFile(`test/ml/onnx/golden/${name}`, 'utf8'));

/** `features` is not an output of the export: shown here to tell the backbone from the head. */
function withFeatures(model: OnnxModel): OnnxModel {
  return { ...model, graph: { ...model.graph, output: [...model.graph.output, { name: 'features' }] } };
}

/** Columns [0, width) of a matrix with two rows. */
function corner(matrix: Float32Array, width: number): number[] {
  const columns = matrix.length / 2;
  return [...matrix.subarray(0, width), ...matrix.subarray(columns, columns + width)];
}

function assertClose(actual: readonly number[], expected: readonly number[], tolerance: number, what: string): void {
  assert.equal(actual.length, expected.length, what);
  const worst = Math.max(...actual.map((number, index) => Math.abs(number - (expected[index] ?? NaN))));
  assert.ok(worst <= tolerance, `${what} differs by up to ${worst}`);
}

describe('export of a network to ONNX', () => {
  const options = { opset: 17, crop: 224, metadata: {} };
  for (const { spec, opset } of SEEDED_EXPORTS.filter(({ form }) => form === 'float')) {
    it(`computes what PyTorch does: ${spec.backbone}, ${spec.padding} padding, operator set ${opset}`, async () => {
      const references = (await golden('torch.json')) as Record<string, Reference>;
      const reference = references[spec.backbone];
      assert.ok(reference);
      const model = withFeatures(exportNetwork(seededNetwork(spec), { ...options, opset }));
      await withSession(encodeModel(model), { threads: 2 }, async (session) => {
        const results = await session.run({ photos: float32(seededPhotos(), [2, 3, 224, 224]) });
        const scale = Math.max(...reference.features.map(Math.abs));
        assertClose(corner(floats(results, 'features'), 16), reference.features, 5e-5 * scale, 'features');
        assertClose(corner(floats(results, 'embedding'), 32), reference.embedding, 1e-5, 'embedding');
        assertClose([...floats(results, 'score')], reference.score, 1e-5, 'score');
        if (reference.mean_opinion_score !== null) assertClose([...floats(results, 'mos')], reference.mean_opinion_score, 1e-5, 'opinion');
        assert.equal('mos' in results, spec.regression);
      });
    });
  }

  it('takes any number of photos', async () => {
    const model = encodeModel(exportNetwork(seededNetwork(MINIMALISTIC), options));
    await withSession(model, { threads: 2 }, async (session) => {
      for (const count of [1, 3]) {
        const results = await session.run({ photos: float32(new Float32Array(count * 3 * 224 * 224), [count, 3, 224, 224]) });
        assert.deepEqual(results['embedding']?.dims, [count, 512]);
        assert.deepEqual(results['score']?.dims, [count]);
      }
    });
  });

  it('gives an embedding of zeros a score of zero instead of dividing by it', async () => {
    const trained = seededNetwork(MINIMALISTIC);
    const parameters = new Map(trained.parameters);
    parameters.set('head.weight', { shape: [512, 960], data: new Float32Array(512 * 960) });
    parameters.set('head.bias', { shape: [512], data: new Float32Array(512) });
    await withSession(encodeModel(exportNetwork({ ...trained, parameters }, options)), { threads: 1 }, async (session) => {
      const results = await session.run({ photos: float32(new Float32Array(3 * 224 * 224), [1, 3, 224, 224]) });
      assert.deepEqual([...floats(results, 'score')], [0]);
    });
  });

  it('holds no batch norm, no padding node and one HardSwish each', () => {
    const { graph } = exportNetwork(seededNetwork(LARGE), options);
    const count = (op: string): number => graph.node.filter(({ opType }) => opType === op).length;
    assert.deepEqual([count('BatchNormalization'), count('Pad'), count('HardSwish'), count('Conv')], [0, 0, 20, 62]);
  });

  it('carries its metadata, in the order of the keys', () => {
    const { metadataProps } = exportNetwork(seededNetwork(MINIMALISTIC), { ...options, metadata: { b: '2', a: '1' } });
    assert.deepEqual(metadataProps, [
      { key: 'a', value: '1' },
      { key: 'b', value: '2' },
    ]);
  });

  it('reads back what it wrote', () => {
    const bytes = encodeModel(exportNetwork(seededNetwork(MINIMALISTIC), options));
    assert.deepEqual(Buffer.compare(encodeModel(decodeModel(bytes)), bytes), 0);
  });

  it('refuses an operator set that it does not write', () => {
    assert.throws(() => exportNetwork(seededNetwork(MINIMALISTIC), { ...options, opset: 16 }), /operator set 16/);
  });

  it('still writes the bytes that onnx.checker and Python onnxruntime passed (golden/check_with_onnx.py)', async () => {
    const { checked } = (await golden('checked.json')) as { checked: unknown[] };
    const now = SEEDED_EXPORTS.map((each) => ({
      backbone: each.spec.backbone,
      opset: each.opset,
      form: each.form,
      sha256: createHash('sha256').update(seededExport(each)).digest('hex'),
    }));
    assert.deepEqual(now, checked);
  });
});
