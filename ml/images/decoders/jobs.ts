/** What is done with photos where a crash costs a process: everything that gives their bytes to a decoder. */
import type { Degradation } from '../../../configs/schema/sample.js';
import type { FixAction } from '../../../configs/schema/fix.js';
import { writeCorrected } from '../fix/correct.js';
import type { Content } from '../inspections.js';
import { lookAt, type LookOptions } from '../look.js';
import { readSquare, type SquareOptions } from '../read-square.js';
import { thumbnailOf, type Thumbnail } from '../report/thumbnail.js';
import type { SceneOptions } from '../scene-options.js';
import { makeScene } from '../scene.js';

/** Called once the header is known, before so many pixels are decoded: waits until there is memory for them. */
export type Begin = (pixels: number) => Promise<void>;

/** What a job gives: pixels travel by a way of their own (decoder-process.ts). */
export interface Given<Answer> {
  readonly answer: Answer;
  readonly pixels: Buffer | null;
}

/** What each job asks besides the photo, and what it answers. */
export interface Jobs {
  /** All that an audit asks of a photo's content. The pixels are its square. */
  look: { readonly ask: Omit<LookOptions, 'begin'>; readonly answer: Content };
  /** The pixels are the photo's square. */
  square: { readonly ask: SquareOptions; readonly answer: null };
  thumbnail: { readonly ask: { readonly maxPixels: number }; readonly answer: Thumbnail };
  /** Writes the photo as it should have been to the file `to`; answers the sha256 of that file. */
  correct: {
    readonly ask: { readonly format: string; readonly actions: readonly FixAction[]; readonly to: string };
    readonly answer: string;
  };
  /** Writes the crops of a sample set's scene into `folder`; answers what they are, or why the photo cannot be used. */
  scene: {
    readonly ask: SceneOptions & { readonly folder: string; readonly scene: number };
    readonly answer: Degradation[] | string;
  };
}

export type JobName = keyof Jobs;
export type Ask<Name extends JobName> = Jobs[Name]['ask'];
export type Answer<Name extends JobName> = Jobs[Name]['answer'];

/** @throws Problem PHOTO, or ENVIRONMENT */
export type Job<Name extends JobName> = (bytes: Buffer, ask: Ask<Name>, begin: Begin) => Promise<Given<Answer<Name>>>;

export const JOBS: { readonly [Name in JobName]: Job<Name> } = {
  look: async (bytes, ask, begin) => {
    const { content, square } = await lookAt(bytes, { ...ask, begin });
    return { answer: content, pixels: square };
  },
  square: async (bytes, ask, begin) => ({ answer: null, pixels: await readSquare(bytes, ask, begin) }),
  thumbnail: async (bytes, { maxPixels }, begin) => ({ answer: await thumbnailOf(bytes, maxPixels, begin), pixels: null }),
  correct: async (bytes, ask, begin) => ({ answer: await writeCorrected(bytes, ask, begin), pixels: null }),
  scene: async (bytes, ask, begin) => ({ answer: await makeScene(bytes, ask, begin), pixels: null }),
};
