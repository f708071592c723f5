import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import type { CacheIndex, DatasetIndex } from '../../../configs/schema/photos.js';
import { auditPhotos } from '../../../ml/images/audit.js';
import { openCache, type PhotoCache } from '../../../ml/images/cache.js';
import { decodeSquare, readHeader } from '../../../ml/images/decode.js';
import { packPhotos, type PackedCache } from '../../../ml/images/pack.js';
import { png, put, SETTINGS, soundProject } from './photo-set.js';

const SIZE = 40;
const PHOTO_BYTES = SIZE * SIZE * 3;

describe('the packed photo cache', () => {
  let root: string;
  let folder: string;
  let dataset: DatasetIndex;
  beforeEach(async () => {
    root = await soundProject();
    folder = join(root, '.emo-aen', 'photos'); // of the packed caches alone: the audit remembers in the other
    const audited = await auditPhotos({ root, settings: SETTINGS });
    assert.ok(audited.dataset);
    dataset = audited.dataset;
  });
  afterEach(() => rm(root, { recursive: true }));

  const pack = (more: Partial<Parameters<typeof packPhotos>[0]> = {}): Promise<PackedCache> =>
    packPhotos({ root, dataset, size: SIZE, folder, ...more });

  async function opened({ path, sha256 }: PackedCache): Promise<PhotoCache> {
    const index: CacheIndex = {
      version: 1,
      dataset,
      size: SIZE,
      crop: 32,
      mean: [0.5, 0.5, 0.5],
      std: [0.2, 0.2, 0.2],
      augment: { flip: 0.5, brightness: 0.1, contrast: 0.1, rotation: 5 },
      cacheSha256: sha256,
    };
    await put(root, 'cache-index.json', JSON.stringify(index));
    return openCache(join(root, 'cache-index.json'), path);
  }

  it('gives back each photo of the index as it was decoded, in any order', async () => {
    const cache = await opened(await pack());
    assert.equal(cache.count, 12);
    for (const photo of [11, 0, 5, 0]) {
      const bytes = await readFile(join(root, dataset.root, dataset.photos[photo]?.file ?? ''));
      const expected = await decodeSquare(bytes, await readHeader(bytes), SIZE);
      assert.ok(expected.equals(cache.pixels(photo)), `photo ${photo}`);
    }
    for (const photo of [-1, 12, 0.5]) assert.throws(() => cache.pixels(photo), RangeError);
    await cache.close();
  });

  it('is used again by the next run, and decodes nothing then', async () => {
    const first = await pack();
    await rm(join(root, dataset.root), { recursive: true });
    const second = await pack();
    assert.deepEqual([first.reused, second.reused], [false, true]);
    assert.deepEqual({ ...second, reused: false }, first);
    assert.equal(first.bytes, 12 * PHOTO_BYTES);
  });

  it('has another name for another size and for other photos', async () => {
    const paths = new Set([(await pack()).path, (await pack({ size: SIZE + 8 })).path]);
    await put(root, 'training_files/one/good/a.png', await png(70));
    const audited = await auditPhotos({ root, settings: SETTINGS });
    assert.ok(audited.dataset);
    paths.add((await pack({ dataset: audited.dataset })).path);
    assert.equal(paths.size, 3);
  });

  const damages: Readonly<Record<string, (path: string) => Promise<void>>> = {
    'was cut off': (path) => truncate(path, PHOTO_BYTES),
    'was altered': async (path) => {
      const bytes = await readFile(path);
      bytes[777] = (bytes[777] ?? 0) ^ 1;
      await writeFile(path, bytes);
    },
    'has no hash': (path) => rm(`${path}.sha256`),
    'is gone': (path) => rm(path),
  };
  for (const [name, damage] of Object.entries(damages)) {
    it(`is built again where it ${name}`, async () => {
      const first = await pack();
      await damage(first.path);
      assert.deepEqual(await pack(), first);
      assert.equal((await pack()).reused, true);
    });
  }

  it('is not built of photos that changed since the audit, and leaves nothing half made', async () => {
    await put(root, 'training_files/three/good/b.png', await png(71));
    const isChange = (error: unknown): boolean =>
      error instanceof Problem && error.code === 'DATASET' && error.where === 'three/good/b.png';
    await assert.rejects(pack(), isChange);
    await rm(join(root, 'training_files/three/good/b.png'));
    await assert.rejects(pack(), isChange);
    assert.deepEqual(await readdir(folder), []);
  });

  it('stops when it is told to, and tells its progress until then', async () => {
    const stop = new AbortController();
    const told: number[] = [];
    const packing = pack({
      signal: stop.signal,
      onPhoto: (done) => {
        told.push(done);
        if (done === 3) stop.abort(new Error('enough'));
      },
    });
    await assert.rejects(packing, /enough/);
    assert.deepEqual(told, [1, 2, 3]);
    assert.deepEqual(await readdir(folder), []);
  });

  it('is refused by the reader where index and cache do not belong together, or one is not there', async () => {
    const packed = await pack();
    await (await opened(packed)).close();
    const indexFile = join(root, 'cache-index.json');
    const isProblem = (code: string) => (error: unknown) => error instanceof Problem && error.code === code && error.cure !== undefined;
    await assert.rejects(openCache(indexFile, join(root, 'no.bin')), isProblem('ARTIFACT_MISSING'));
    await assert.rejects(openCache(join(root, 'no.json'), packed.path), isProblem('ARTIFACT_MISSING'));
    await truncate(packed.path, (await stat(packed.path)).size - 1);
    await assert.rejects(openCache(indexFile, packed.path), isProblem('ARTIFACT_ALTERED'));
    await writeFile(indexFile, '{}');
    await assert.rejects(openCache(indexFile, packed.path), isProblem('ARTIFACT_ALTERED'));
  });
});
