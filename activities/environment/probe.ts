/**
 * Entry of a child process that loads one native library, prints what it says of itself as one line of JSON and ends. A library
 * that is of another processor or half installed may end its process without a word, which must not be the worker.
 */
import { loadTensorFlow } from '../../ml/engine/tensorflow.js';
import type { Library, Loaded } from './libraries.js';

const LOADERS: Readonly<Record<Library, () => Promise<Loaded>>> = {
  tensorflow: async () => {
    const tensorFlow = await loadTensorFlow();
    return { versions: { tensorflow: tensorFlow.TF_Version }, cuda: tensorFlow.isUsingGpuDevice() };
  },
  onnxruntime: async () => {
    const { env } = await import('onnxruntime-node');
    return { versions: { onnxruntime: env.versions.node ?? env.versions.common } };
  },
  sharp: async () => {
    const { default: sharp } = await import('sharp');
    await onePixel();
    return { versions: { libvips: sharp.versions.vips } };
  },
  decoder: async () => {
    const { decodeSquare } = await import('../../ml/images/decode.js');
    const { LIBJPEG } = await import('../../ml/images/decoder.js');
    await decodeSquare(await onePixel(), { width: 1, height: 1, orientation: 1, colour: null }, 1);
    return { versions: { libjpeg: LIBJPEG } };
  },
};

const loader = LOADERS[process.argv[2] as Library];
process.stdout.write(`${JSON.stringify(await loader())}\n`);

/** A photo of it: that a library loads does not say that it runs. */
async function onePixel(): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  return sharp({ create: { width: 1, height: 1, channels: 3, background: 'white' } })
    .jpeg()
    .toBuffer();
}
