/** One wrong configuration and the whole text that a person reads of it: that text is part of the product. */
import { pipelineOf } from '../project.js';

export interface Case {
  readonly what: string;
  readonly pipeline?: string;
  /** Other files, by their path. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly set?: readonly string[];
  readonly says: readonly string[];
}

/** The smallest sound pipeline: what stands in the project where a case names no pipeline. */
export const SOUND = pipelineOf('model: { stage: 4, uses: model, with: train.yaml }');
