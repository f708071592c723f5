/** `npm run bench -- train`: the parts that it measures, one after the other, and what each number may be at most. */
import { joined, type Findings } from '../report.js';
import { measureCache } from './cache.js';
import { measureEpochs } from './epoch.js';
import { measurePhotos } from './photos.js';
import { measureSteps } from './steps.js';

export interface TrainOptions {
  /** Fresh processes of each that is measured. */
  readonly rounds: number;
  /** Timed steps of each process. */
  readonly steps: number;
  /** A folder of JPEG, PNG and WebP files for the parts `cache`, which searches it to the bottom and has made photos without it, and `photos`. */
  readonly photos?: string;
  /** For the part `photos`: minimalistic weights whose batch norm is folded. */
  readonly weights?: string;
  /** For the part `photos`: `path=value`, laid on configs/minimalistic for everyone. */
  readonly set?: readonly string[];
  /** Names of parts; all where it is left out. */
  readonly only?: readonly string[];
}

export type Note = (text: string) => void;
type Part = (options: TrainOptions, note: Note) => Promise<Findings>;

export const PARTS: Readonly<Record<string, Part>> = {
  steps: measureSteps,
  epochs: measureEpochs,
  cache: measureCache,
  photos: measurePhotos,
};

export const LIMITS: Readonly<Record<string, number>> = {
  kerasGraph: 0.75,
  torchCompile: 0.95,
  torchEager: 0.8,
  memoryTorch: 1.2,
  oursFirstStepSeconds: 15,
  epochOverhead: 0.02,
  dataWait: 0.03,
  cacheDataLoader: 1 / 1.5,
  photosSeconds: 1,
};

export async function benchTrain(options: TrainOptions, note: Note): Promise<Findings> {
  const found: Findings[] = [];
  for (const [name, measure] of Object.entries(PARTS)) if (options.only?.includes(name) ?? true) found.push(await measure(options, note));
  return joined(found);
}
