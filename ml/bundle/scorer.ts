/** Scores photos in batches of one size, whoever asks and whenever: photos that are ready wait until a batch is full or nobody prepares any more. */
import type { InferenceSession } from 'onnxruntime-node';
import { INPUT } from '../network/network.js';
import { OUTPUT } from '../onnx/export.js';
import { float32, floats } from '../onnx/session.js';

/** Photos of a batch. A part of one is filled up with zeros: kernels may round otherwise for another number, and a score must not depend on company. */
export const BATCH = 8;

interface Waiting {
  readonly planes: Float32Array;
  readonly resolve: (score: number) => void;
  readonly reject: (error: unknown) => void;
}

export class Scorer {
  private waiting: Waiting[] = [];
  private preparing = 0;

  /** @param crop side of the input in pixels */
  constructor(
    private readonly session: InferenceSession,
    private readonly crop: number,
  ) {}

  /**
   * Prepares a photo and scores it. At least {@link BATCH} calls should be under way, so that batches fill up.
   * @param prepare gives 3 x crop x crop floats; what it throws, this throws
   */
  async score(prepare: () => Promise<Float32Array>): Promise<number> {
    this.preparing++;
    const planes = await prepare().finally(() => {
      if (--this.preparing === 0) queueMicrotask(() => this.runWhereReady());
    });
    return new Promise((resolve, reject) => {
      this.waiting.push({ planes, resolve, reject });
      this.runWhereReady();
    });
  }

  private runWhereReady(): void {
    if (this.waiting.length < BATCH && this.preparing > 0) return;
    const batch = this.waiting.splice(0, BATCH);
    if (batch.length === 0) return;
    this.run(batch).catch((error: unknown) => batch.forEach(({ reject }) => reject(error)));
  }

  private async run(batch: readonly Waiting[]): Promise<void> {
    const { crop } = this;
    const data = new Float32Array(BATCH * 3 * crop * crop);
    batch.forEach(({ planes }, index) => data.set(planes, index * planes.length));
    const results = await this.session.run({ [INPUT]: float32(data, [BATCH, 3, crop, crop]) }, [OUTPUT.score]);
    const scores = floats(results, OUTPUT.score);
    batch.forEach(({ resolve }, index) => resolve(scores[index] ?? NaN));
  }
}
