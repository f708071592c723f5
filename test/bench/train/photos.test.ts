import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FILES, makePairs, type PairsWanted } from '../../../bench/train/photo-pairs.js';
import { compareTraining, measurePhotos } from '../../../bench/train/photos.js';
import type { Peer } from '../../../bench/peers.js';
import type { Findings } from '../../../bench/report.js';
import { ConfigurationProblem } from '../../../configs/load/diagnostics.js';
import { Problem } from '../../../configs/problem.js';
import type { Split } from '../../../configs/schema/photos.js';
import { initialise } from '../../../ml/network/initialise.js';
import { describeNetwork } from '../../../ml/network/network.js';
import { writeSafetensors } from '../../../ml/weights/safetensors.js';
import { png, put } from '../../ml/images/photo-set.js';

const ABSENT = { python: null, why: 'no network' } as const;
const SMALL = { scenes: { train: 2, val: 1, test: 1 }, pairs: 2 } as const;

/** One epoch of small photos. */
const QUICK = ['train.schedule.epochs=1', 'preprocess.resize=64', 'preprocess.crop=64', 'train.evaluation.latencyRuns=1'];

interface Job {
  readonly photos: string;
  readonly weights: string;
  readonly train: { readonly seed: number; readonly schedule: { readonly epochs: number } };
  readonly preprocess: { readonly normalize: { readonly mean: readonly number[] } };
  readonly pairs: Readonly<Record<Split, readonly (readonly [string, string])[]>>;
}

describe('the bench of training on photos', function () {
  this.timeout(300_000);
  let root = '';
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-bench-photos-'));
    for (let number = 0; number < 5; number++) await put(root, `photos/${number}.png`, await png(number));
    await put(root, 'photos/LICENSE', 'no photo');
    await writeSafetensors(join(root, 'weights.safetensors'), firstWeights(), {});
  });
  after(() => rm(root, { recursive: true }));

  const wanted = (change: Partial<PairsWanted> = {}): PairsWanted => ({
    ...SMALL,
    photos: join(root, 'photos'),
    weights: join(root, 'weights.safetensors'),
    seed: 0,
    set: QUICK,
    ...change,
  });
  const jobOf = async (name: string, change: Partial<PairsWanted> = {}): Promise<Job> => {
    await makePairs(join(root, name), wanted(change));
    return JSON.parse(await readFile(join(root, name, FILES.job), 'utf8')) as Job;
  };
  const compare = (peer: Peer, rounds: number): Promise<Findings> =>
    compareTraining(peer, { ...wanted(), rounds }, join(root, 'project'), () => undefined);

  it('deals photos to splits that share none, and hands the settings of ours to everyone', async () => {
    const { pairs, train, preprocess } = await jobOf('dealt', { set: ['train.schedule.epochs=7'] });
    const scenes = Object.fromEntries(
      Object.entries(pairs).map(([split, own]) => [split, new Set(own.map(([good]) => good.split('/')[0]))]),
    );
    assert.deepEqual(
      Object.entries(pairs).map(([split, own]) => [split, own.length, scenes[split]?.size]),
      [
        ['train', 4, 2],
        ['val', 2, 1],
        ['test', 2, 1],
      ],
    );
    const all = Object.values(scenes).flatMap((names) => [...names]);
    assert.equal(new Set(all).size, all.length);
    assert.deepEqual([train.seed, train.schedule.epochs, preprocess.normalize.mean], [0, 7, [0.5, 0.5, 0.5]]);
    for (const [good, bad] of pairs.train) assert.equal(bad, good.replace('/good/', '/bad/'));
  });

  it('makes the same pairs for a seed, and others for another', async () => {
    const [first, again, other] = [await jobOf('first'), await jobOf('again'), await jobOf('other', { seed: 1 })];
    assert.deepEqual(again.pairs, first.pairs);
    assert.notDeepEqual(other.pairs, first.pairs);
  });

  it('refuses too few photos and a setting that there is none of', async () => {
    const many = { ...SMALL.scenes, train: 9 };
    await assert.rejects(
      jobOf('few', { scenes: many }),
      (error) => error instanceof Problem && /5 photos, and 11 are needed/.test(error.message),
    );
    await assert.rejects(jobOf('typo', { set: ['train.schedule.epoch=1'] }), ConfigurationProblem);
  });

  it('trains ours by the tasks of a run without the peer, says why it is not there, and leaves nothing behind', async () => {
    const before = await readdir(root);
    const { ratios, medians, missing, trainings } = await compare(ABSENT, 1);
    assert.deepEqual([ratios, missing], [{}, { torchPhotos: 'no network' }]);
    assert.deepEqual(Object.keys(medians), ['oursPhotosSeconds', 'oursPhotosTrainingSeconds', 'oursPhotosEpochSeconds']);
    assert.deepEqual(Object.keys(trainings), ['oursPhotos']);
    const [round] = trainings['oursPhotos']?.rounds ?? [];
    assert.deepEqual([round?.seed, round?.epochs.length, round?.bestEpoch, round?.test.count], [0, 1, 1, 2]);
    assert.deepEqual(await readdir(root), before);
  });

  it('goes on without a peer that fails, and says what it said', async () => {
    const { ratios, missing } = await compare({ python: process.execPath, why: null }, 1);
    assert.deepEqual(ratios, {});
    assert.match(missing['torchPhotos'] ?? '', /^failed: ./);
  });

  it('says that it needs photos and weights', async () => {
    const { missing } = await measurePhotos({ rounds: 1, steps: 1, photos: root }, () => undefined);
    assert.match(missing['photos'] ?? '', /--photos DIR --weights FILE/);
  });
});

/** A minimalistic backbone's, as if batch norm had been folded into them. */
function firstWeights(): Parameters<typeof writeSafetensors>[1] {
  const network = describeNetwork({
    backbone: 'mobilenet_v3_large_minimalistic',
    embedding: 512,
    padding: 'same',
    batchNorm: { mode: 'folded', momentum: 0.01, epsilon: 0.001 },
    regression: false,
  });
  return new Map([...initialise(network, 0)].filter(([name]) => name.startsWith('features.')));
}
