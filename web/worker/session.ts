/** ONNX Runtime Web: the best runtime that this browser has, and a model in it. */
import type * as Ort from 'onnxruntime-web';
import { chooseFile, type FileEntry, type Runtime, type ShownManifest } from '../shared/manifest.js';
import { inWords, Trouble } from '../shared/trouble.js';
import { fetchModelFile, fetchVerified } from './fetch-model.js';
import { RUNTIME_FILES } from './site-files.js';

const MOST_THREADS = 4;
const SCORE = 'score';

export interface Where {
  /** The page's address, and the bundle's. */
  readonly site: URL;
  readonly models: URL;
}

export interface Scorer {
  readonly runtime: Runtime;
  readonly threads: number;
  readonly file: FileEntry;
  /** What was wanted and did not work, in words. */
  readonly remarks: readonly string[];
  /** @param input of one photo, without the batch's dimension @returns its score in [-1, 1] */
  score(input: Float32Array<ArrayBuffer>): Promise<number>;
}

type Progress = (done: number, all: number) => void;

/** @param wanted by name in the address (`?runtime=wasm`); null: the best that works here */
export async function openScorer(where: Where, manifest: ShownManifest, wanted: Runtime | null, progress: Progress): Promise<Scorer> {
  const remarks: string[] = [];
  for (const runtime of wanted === null ? await runtimesHere() : [wanted]) {
    try {
      return await openIn(runtime, where, manifest, remarks, progress);
    } catch (error) {
      // A runtime that fails is told and the next is tried; a file that is not what was promised ends it.
      if (runtime !== 'webgpu' || wanted !== null || error instanceof Trouble) throw error;
      remarks.push(`WebGPU did not work (${inWords(error)}), so WebAssembly is used`);
    }
  }
  throw new Error('no runtime was tried');
}

/** Best first. */
async function runtimesHere(): Promise<readonly Runtime[]> {
  const wasm: Runtime = crossOriginIsolated ? 'wasm-threads' : 'wasm';
  return (await hasGpu()) ? ['webgpu', wasm] : [wasm];
}

/** Whether there is a real one: what a processor pretends to be a GPU is slower than WebAssembly. */
async function hasGpu(): Promise<boolean> {
  if (!('gpu' in navigator)) return false;
  const gpu = navigator.gpu as { requestAdapter(): Promise<{ readonly info?: { readonly isFallbackAdapter?: boolean } } | null> };
  const adapter = await gpu.requestAdapter();
  return adapter !== null && adapter.info?.isFallbackAdapter !== true;
}

async function openIn(
  runtime: Runtime,
  { site, models }: Where,
  manifest: ShownManifest,
  remarks: readonly string[],
  progress: Progress,
): Promise<Scorer> {
  const file = chooseFile(manifest, runtime);
  const { api, loader, binary } = RUNTIME_FILES[runtime === 'webgpu' ? 'webgpu' : 'wasm'];
  const came = { binary: 0, model: 0 };
  const tell = (part: keyof typeof came) => (bytes: number) => {
    came[part] = bytes;
    progress(came.binary + came.model, binary.bytes + file.bytes);
  };
  const [ort, wasmBinary, model] = await Promise.all([
    import(new URL(api, site).href) as Promise<typeof Ort>,
    // The browser's own store may serve it: its address changes with its version.
    fetchVerified(new URL(binary.path, site), binary, tell('binary'), 'default'),
    fetchModelFile(models, file, tell('model')),
  ]);
  const threads = runtime === 'wasm-threads' ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1;
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmBinary = wasmBinary;
  ort.env.wasm.wasmPaths = { mjs: new URL(loader, site).href };
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [runtime === 'webgpu' ? 'webgpu' : 'wasm'],
    graphOptimizationLevel: 'all',
  });
  const score = scoring(ort, session, manifest);
  const { crop } = manifest.input.preprocessing;
  await score(new Float32Array(crop * crop * 3)); // the first run compiles and allocates
  return { runtime, threads, file, remarks, score };
}

function scoring(ort: typeof Ort, session: Ort.InferenceSession, { input }: ShownManifest): Scorer['score'] {
  const { crop } = input.preprocessing;
  const dims = input.layout === 'NCHW' ? [1, 3, crop, crop] : [1, crop, crop, 3];
  return async (photo) => {
    const feeds: Record<string, Ort.Tensor> = { [input.name]: new ort.Tensor('float32', photo, dims) };
    const results = await session.run(feeds, [SCORE]);
    const [value] = (await results[SCORE]?.getData()) as Float32Array;
    if (value === undefined || !Number.isFinite(value)) throw new Error('the model gave no number');
    return value;
  };
}
