import assert from 'node:assert/strict';
import { writeView } from '../../../ml/images/augment.js';
import { toPlanes } from '../../../ml/onnx/photos.js';
import { inputOf } from '../../../web/shared/input.js';

const CROP = 5;
const preprocessing = { resize: 6, crop: CROP, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const square = Uint8Array.from({ length: CROP * CROP * 3 }, (_, index) => (index * 97) % 256);
const interleaved = new Float32Array(square.length);
writeView(square, { size: CROP, ...preprocessing }, interleaved, 0);

describe('the input that the page makes', () => {
  it("has training's numbers to the last bit, in planes", () => {
    const planes = new Float32Array(square.length);
    toPlanes(interleaved, planes, 0);
    assert.deepEqual(inputOf(square, { name: 'photos', layout: 'NCHW', preprocessing }), planes);
  });

  it('and pixel by pixel', () => {
    assert.deepEqual(inputOf(square, { name: 'photos', layout: 'NHWC', preprocessing }), interleaved);
  });
});
