/** onnxruntime sessions as this project uses them: CPU, one thread pool, released when done. */
import { InferenceSession, Tensor } from 'onnxruntime-node';

/**
 * Threads of a session that works alone. One session of two threads at a time: several in one process slow each other down
 * fivefold (their spinning threads take the cores from each other), so whoever needs two models uses one after the other.
 */
export const THREADS = 2;

export interface SessionOptions {
  readonly threads: number;
  /** Where onnxruntime writes the graph that it made of the model. */
  readonly optimizedModel?: string;
  /** Beginning of the path of the file to which onnxruntime writes how long each node took. */
  readonly profile?: string;
}

/** Opens `model` (its bytes, or a path), hands it to `use` and releases it whatever happens. */
export async function withSession<T>(
  model: Uint8Array | string,
  { threads, optimizedModel, profile }: SessionOptions,
  use: (session: InferenceSession) => Promise<T>,
): Promise<T> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    ...(optimizedModel === undefined ? {} : { optimizedModelFilePath: optimizedModel }),
    ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
  };
  const session = typeof model === 'string' ? await InferenceSession.create(model, options) : await InferenceSession.create(model, options);
  try {
    return await use(session);
  } finally {
    if (profile !== undefined) session.endProfiling();
    await session.release();
  }
}

export function float32(data: Float32Array, dims: readonly number[]): Tensor {
  return new Tensor('float32', data, dims);
}

/** The numbers of a float32 output. @throws Error (a defect) where the model gave none of that name or type. */
export function floats(results: InferenceSession.OnnxValueMapType, name: string): Float32Array {
  const tensor = results[name];
  if (!(tensor instanceof Tensor) || !(tensor.data instanceof Float32Array)) throw new Error(`the model gave no float32 output ${name}`);
  return tensor.data;
}
