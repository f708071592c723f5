/** What an exported model says of itself in its metadata properties: enough to use it, and to know what it was made of. */
import { z } from 'zod';
import { Problem } from '../../configs/problem.js';
import { Preprocessing } from '../engine/checkpoint.js';
import { decodeModel, type OnnxModel } from './messages.js';

export const ModelFacts = z.object({
  format: z.literal('emo-aen'),
  backbone: z.string(),
  /** What training began from. */
  weights: z.string(),
  /** Of the training: pairs of the test split are drawn by it. */
  seed: z.int(),
  /** Dataset hash. */
  dataset: z.string(),
  preprocessing: Preprocessing,
  /** sha256 of the checkpoint that was exported. */
  checkpoint: z.string(),
  /** Of the model, as `bundle.version` says. This and what follows: left out by models of earlier releases. */
  version: z.string().optional(),
  /** ISO 8601, UTC: when the checkpoint was written. */
  trainedAt: z.string().optional(),
  /** Of the project, when the model was exported; left out where it is in no repository. */
  commit: z.string().optional(),
});
export type ModelFacts = z.infer<typeof ModelFacts>;

/** Each fact as JSON text, but plain where it is a word. */
export function factTexts(facts: ModelFacts): Record<string, string> {
  return Object.fromEntries(Object.entries(facts).map(([key, fact]) => [key, typeof fact === 'string' ? fact : JSON.stringify(fact)]));
}

/** Decodes a model of this project and what it says of itself. @throws Problem ARTIFACT_ALTERED where it is not one. */
export function readModel(data: Uint8Array, where: string): { readonly model: OnnxModel; readonly facts: ModelFacts } {
  try {
    const model = decodeModel(data);
    const texts = Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
    const facts = ModelFacts.parse({ ...texts, seed: fromJson(texts['seed']), preprocessing: fromJson(texts['preprocessing']) });
    return { model, facts };
  } catch (cause) {
    throw new Problem({
      code: 'ARTIFACT_ALTERED',
      message: 'not an ONNX model that emo-aen exported',
      where,
      cure: 'retry export: it writes the model again',
      cause,
    });
  }
}

function fromJson(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text);
}
