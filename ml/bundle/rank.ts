/** Ranks photos with a published model, prepared exactly as its manifest says. */
import { readFile } from 'node:fs/promises';
import { Problem } from '../../configs/problem.js';
import type { ManifestPreprocessing } from '../../configs/schema/manifest.js';
import { writeView } from '../images/augment.js';
import { PHOTOS_IN_FLIGHT, readSquare } from '../images/decode.js';
import { INPUT } from '../network/network.js';
import { OUTPUT } from '../onnx/export.js';
import { toPlanes } from '../onnx/photos.js';
import { float32, floats, THREADS, withSession } from '../onnx/session.js';

export interface RankedPhoto {
  readonly file: string;
  /** In [-1, 1]. */
  readonly score: number;
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
  /** Paths, absolute or from the working directory. */
  readonly files: readonly string[];
  /** Called after each few photos with those done so far. */
  readonly done: (photos: number) => void;
}

/** As the default of dataset.yaml: larger ones are refused before they are decoded. */
const MAX_PIXELS = 100_000_000;

/** A photo that cannot be read is refused and named; the others are ranked. */
export async function rankPhotos({ model, preprocessing, files, done }: RankRequest): Promise<Ranking> {
  const photos: RankedPhoto[] = [];
  const refused: RefusedPhoto[] = [];
  await withSession(model, { threads: THREADS }, async (session) => {
    for (let first = 0; first < files.length; first += PHOTOS_IN_FLIGHT) {
      const prepared = await Promise.all(files.slice(first, first + PHOTOS_IN_FLIGHT).map((file) => prepare(file, preprocessing)));
      const good = prepared.flatMap((one) => ('planes' in one ? [one] : []));
      refused.push(...prepared.flatMap((one) => ('problem' in one ? [one] : [])));
      if (good.length > 0) {
        const { crop } = preprocessing;
        const batch = new Float32Array(good.length * 3 * crop * crop);
        good.forEach(({ planes }, index) => batch.set(planes, index * planes.length));
        const results = await session.run({ [INPUT]: float32(batch, [good.length, 3, crop, crop]) }, [OUTPUT.score]);
        const scores = floats(results, OUTPUT.score);
        photos.push(...good.map(({ file }, index) => ({ file, score: scores[index] ?? NaN })));
      }
      done(Math.min(first + PHOTOS_IN_FLIGHT, files.length));
    }
  });
  return { photos: photos.sort((a, b) => b.score - a.score || (a.file < b.file ? -1 : 1)), refused };
}

interface Prepared {
  readonly file: string;
  readonly planes: Float32Array;
}

async function prepare(file: string, { resize, crop, mean, std }: ManifestPreprocessing): Promise<Prepared | RefusedPhoto> {
  try {
    const pixels = await readSquare(await readFile(file), { size: resize, maxPixels: MAX_PIXELS, where: file });
    const view = new Float32Array(crop * crop * 3);
    writeView(pixels, { size: resize, crop, mean, std }, view, 0);
    const planes = new Float32Array(view.length);
    toPlanes(view, planes, 0);
    return { file, planes };
  } catch (error) {
    if (error instanceof Problem) return { file, problem: error };
    if (error instanceof Error && 'code' in error)
      return { file, problem: new Problem({ code: 'PHOTO', message: error.message, where: file, cause: error }) };
    throw error;
  }
}
