import assert from 'node:assert/strict';
import { constant, floatsOf } from '../../../ml/onnx/build.js';
import { exportNetwork } from '../../../ml/onnx/export.js';
import { worstLayers } from '../../../ml/onnx/layer-errors.js';
import type { OnnxModel } from '../../../ml/onnx/messages.js';
import type { PhotoSource } from '../../../ml/onnx/photos.js';
import { BEST, quantize } from '../../../ml/onnx/quantize/quantize.js';
import { storeWeightsAsInt8 } from '../../../ml/onnx/weight-only.js';
import { MINIMALISTIC, seeded, seededNetwork } from './seeded-network.js';

const CROP = 32;

const photos: PhotoSource = {
  count: 3,
  crop: CROP,
  fill: (index, out, offset) => {
    out.set(
      seeded(`photo ${index}`, 3 * CROP * CROP, (u) => 4 * u - 2),
      offset,
    );
  },
};

/** The model with the weights of one layer rounded to a few steps. */
function spoiled(model: OnnxModel, layer: string): OnnxModel {
  const weight = model.graph.node.find(({ output }) => output[0] === layer)?.input[1];
  assert.ok(weight, `${layer} is no convolution`);
  const initializer = model.graph.initializer.map((tensor) => {
    if (tensor.name !== weight) return tensor;
    const numbers = floatsOf(tensor);
    const step = Math.max(...numbers.map(Math.abs)) / 2;
    return constant(
      weight,
      tensor.dims,
      numbers.map((number) => Math.round(number / step) * step),
    );
  });
  return { ...model, graph: { ...model.graph, initializer } };
}

describe('worst layers', () => {
  const float = exportNetwork(seededNetwork(MINIMALISTIC), { opset: 17, crop: CROP, metadata: {} });
  const conv = float.graph.node.filter(({ opType }) => opType === 'Conv')[20]?.output[0] ?? '';

  it('begin with the one that was spoiled, not with those that carry its error on', async () => {
    const [first, ...others] = await worstLayers(float, spoiled(float, conv), photos);
    assert.equal(first?.layer, conv);
    assert.ok(first.added > 0.01 && first.added === first.errorOverVariance);
    assert.equal(others.length, 4);
  });

  it('have no error where nothing was changed', async () => {
    for (const { added, errorOverVariance } of await worstLayers(float, float, photos))
      assert.deepEqual([added, errorOverVariance], [0, 0]);
  });

  it('are found in a model of int8 weights, and in an integer one behind the activation that a quantiser absorbed', async () => {
    const integer = await quantize(float, photos, { ...BEST, biasCorrection: false, progress: () => undefined });
    for (const other of [storeWeightsAsInt8(float).model, integer.model])
      for (const { layer, added, errorOverVariance } of await worstLayers(float, other, photos))
        assert.ok(added > 0 && errorOverVariance >= added && Number.isFinite(errorOverVariance), layer);
  });
});
