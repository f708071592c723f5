/** The part `quality`: what is lost, how large the file is and how long quantising takes. */
import { scorePhotos } from '../../ml/onnx/score.js';
import { NOTHING, type Findings } from '../report.js';
import type { Models } from './models.js';
import { inMemory, type BenchPhotos } from './photos.js';
import { judge } from './quality.js';
import type { Note } from './quantise.js';

export async function measureQuality(models: Models, photos: BenchPhotos, note: Note): Promise<Findings> {
  const source = inMemory(photos.test);
  const score = (path: string): ReturnType<typeof scorePhotos> => scorePhotos(path, source, () => undefined);
  const unharmed = photos.names.test.length;
  note(`${source.count} photos through ${1 + models.quantised.length} networks`);
  const exact = await score(models.float.relu.path);
  const qualities: Record<string, number> = {};
  const shares: Record<string, number> = {};
  const medians: Record<string, number> = {};
  const ratios: Record<string, number> = {};
  for (const { network, by, path, bytes, seconds } of models.quantised) {
    shares[`${by}Size${network === 'relu' ? '' : 'Full'}`] = bytes / models.float[network].bytes;
    medians[`${by}Seconds${network === 'relu' ? '' : 'Full'}`] = seconds;
    // Seeded weights say nothing of quality: all photos get nearly the same embedding.
    if (network !== 'relu') continue;
    const { errorOverVariance, ...good } = judge(exact, await score(path), unharmed, photos.pairs);
    for (const [name, value] of Object.entries(good)) qualities[`${by}${name[0]?.toUpperCase()}${name.slice(1)}`] = value;
    shares[`${by}ErrorOverVariance`] = errorOverVariance;
  }
  for (const theirs of ['pythonMinMax', 'pythonBest']) {
    const [ours, other] = [shares['oursErrorOverVariance'], shares[`${theirs}ErrorOverVariance`]];
    if (ours !== undefined && other !== undefined) ratios[`error${theirs[0]?.toUpperCase()}${theirs.slice(1)}`] = ours / other;
  }
  return { ...NOTHING, qualities, shares, medians, ratios, photos: photos.names };
}
