/** Ranks photos with a published model, prepared exactly as its manifest says. */
import { Problem } from '../../configs/problem.js';
import type { ManifestPreprocessing } from '../../configs/schema/manifest.js';
import type { Closeness, ScoreDistribution } from '../../configs/schema/scores.js';
import { writeView } from '../images/augment.js';
import { withDecoders, type Decoders } from '../images/decoders/decoders.js';
import { inFlight } from '../images/in-flight.js';
import { squareIn } from '../images/square-in.js';
import { toPlanes } from '../onnx/photos.js';
import { withSession } from '../onnx/session.js';
import { BATCH, Scorer } from './scorer.js';
import { percentile } from './test-scores.js';

export interface RankedPhoto {
  readonly file: string;
  /** In [-1, 1]. */
  readonly score: number;
  /** Share of the model's test photos that score lower, in [0, 100] %; null where the manifest does not say how they score. */
  readonly percentile: number | null;
  /** Whether it scores so little below the photo before it that their order is right less often than `close.rightShare` says. */
  readonly closeToPrevious: boolean;
}

export interface RefusedPhoto {
  readonly file: string;
  readonly problem: Problem;
}

export interface Ranking {
  /** Best first; photos of one score in the order of their names. */
  readonly photos: readonly RankedPhoto[];
  readonly refused: readonly RefusedPhoto[];
}

export interface RankRequest {
  readonly model: Uint8Array;
  readonly preprocessing: ManifestPreprocessing;
  readonly scores: ScoreDistribution | null;
  readonly close: Closeness | null;
  /** Paths, absolute or from the working directory. */
  readonly files: readonly string[];
  /** Called after each photo with those done so far. */
  readonly done: (photos: number) => void;
}

/** Photos under way: one batch is scored while the next one is decoded. What they take is all the memory that grows with photos. */
const UNDER_WAY = 2 * BATCH;

/**
 * Of the session. Its thread is this one, and the others decode: two threads would wait for each other in a loop that takes the cores from
 * decoding, which is most of the work.
 */
const THREADS = 1;

/** A photo that cannot be read is refused and named; the others are ranked. */
export async function rankPhotos(request: RankRequest): Promise<Ranking> {
  return withDecoders((decoders) => rankBy(decoders, request));
}

async function rankBy(decoders: Decoders, { model, preprocessing, scores, close, files, done }: RankRequest): Promise<Ranking> {
  const results = await withSession(model, { threads: THREADS }, (session) => {
    const scorer = new Scorer(session, preprocessing.crop);
    const scored = async (file: string): Promise<ScoredPhoto | RefusedPhoto> => {
      try {
        return { file, score: await scorer.score(() => prepare(decoders, file, preprocessing)) };
      } catch (error) {
        return { file, problem: problemOf(error, file) };
      }
    };
    return inFlight(files, UNDER_WAY, scored, { ahead: UNDER_WAY, onResult: (_, count) => done(count) });
  });
  const sorted = results
    .flatMap((result) => ('score' in result ? [result] : []))
    .sort((a, b) => b.score - a.score || (a.file < b.file ? -1 : 1));
  const photos = sorted.map(({ file, score }, place) => {
    const before = sorted[place - 1];
    return {
      file,
      score,
      percentile: scores === null ? null : percentile(score, scores.all),
      closeToPrevious: before !== undefined && close !== null && before.score - score < close.margin,
    };
  });
  return { photos, refused: results.flatMap((result) => ('problem' in result ? [result] : [])) };
}

type ScoredPhoto = Pick<RankedPhoto, 'file' | 'score'>;

/** The photo as 3 x crop x crop normalised floats. @throws Problem PHOTO, or a system error of reading */
async function prepare(decoders: Decoders, file: string, { resize, crop, mean, std }: ManifestPreprocessing): Promise<Float32Array> {
  const pixels = await squareIn(decoders, file, { size: resize, minSide: crop });
  const view = new Float32Array(crop * crop * 3);
  writeView(pixels, { size: resize, crop, mean, std }, view, 0);
  const planes = new Float32Array(view.length);
  toPlanes(view, planes, 0);
  return planes;
}

/** What a person can act on; anything else is a defect and ends the ranking. */
function problemOf(error: unknown, where: string): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Error && 'syscall' in error)
    return new Problem({ code: 'PHOTO', message: error.message, where, cure: 'see that it can be read', cause: error });
  throw error;
}
