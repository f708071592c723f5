/** Scores photos with an exported model. */
import { INPUT } from '../network/network.js';
import { OUTPUT } from './export.js';
import { batchesOf, type PhotoSource } from './photos.js';
import { float32, floats, THREADS, withSession } from './session.js';

export interface Scored {
  /** [count, dimensions], rows of length 1. */
  readonly embeddings: Float32Array;
  readonly dimensions: number;
  /** [count], in [-1, 1]. */
  readonly scores: Float32Array;
}

const BATCH = 8;

/**
 * Runs `model` (its bytes, or a path) over all photos of `source`.
 * @param done called after each batch with the photos done so far; what it throws ends the scoring
 */
export async function scorePhotos(model: Uint8Array | string, source: PhotoSource, done: (photos: number) => void): Promise<Scored> {
  return withSession(model, { threads: THREADS }, async (session) => {
    const scores = new Float32Array(source.count);
    let embeddings = new Float32Array(0);
    for (const batch of batchesOf(source, BATCH)) {
      const results = await session.run({ [INPUT]: float32(batch.data, batch.dims) }, [OUTPUT.embedding, OUTPUT.score]);
      const rows = floats(results, OUTPUT.embedding);
      const dimensions = rows.length / batch.count;
      if (embeddings.length === 0) embeddings = new Float32Array(source.count * dimensions);
      embeddings.set(rows, batch.first * dimensions);
      scores.set(floats(results, OUTPUT.score), batch.first);
      done(batch.first + batch.count);
    }
    return { embeddings, dimensions: source.count === 0 ? 0 : embeddings.length / source.count, scores };
  });
}
