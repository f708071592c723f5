/** A central square of bytes to what the network reads: (channel / 255 - mean) / std, as training and `emo-aen rank` have it to the last bit. */
import type { Input } from './manifest.js';

const CHANNELS = 3;

/** @param square crop x crop x 3 bytes, RGB interleaved @returns as many floats, in the order that the manifest names */
export function inputOf(square: Uint8Array, { layout, preprocessing: { mean, std } }: Input): Float32Array<ArrayBuffer> {
  const area = square.length / CHANNELS;
  const [stride, channelStride] = layout === 'NCHW' ? [1, area] : [CHANNELS, 1];
  const out = new Float32Array(square.length);
  for (let channel = 0; channel < CHANNELS; channel++) {
    const scale = 1 / (std[channel] ?? NaN);
    const shift = -(mean[channel] ?? NaN) * scale;
    for (let at = 0; at < area; at++)
      out[channel * channelStride + at * stride] = (square[CHANNELS * at + channel] as number) * (scale / 255) + shift;
  }
  return out;
}
