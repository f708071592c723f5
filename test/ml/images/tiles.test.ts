import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditPhotos } from '../../../ml/images/audit.js';
import { decodeSquare, readHeader } from '../../../ml/images/decode.js';
import { packPhotos } from '../../../ml/images/pack.js';
import { AUDITED_SIDE, Segment, tileBytes, Tiles, TILES_FOLDER } from '../../../ml/images/tiles.js';
import { png, put, SETTINGS, soundProject } from './photo-set.js';

const SIZE = 8;
const square = (value: number): Buffer => Buffer.alloc(tileBytes(SIZE), value);

describe('squares by content', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'emo-aen-tiles-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function segmentOf(values: readonly number[]): Promise<string> {
    const segment = await Segment.create(folder, SIZE);
    for (const value of values) await segment.append(`photo ${value}`, square(value));
    await segment.save();
    await segment.close();
    const [file] = (await Tiles.open(folder, SIZE)).files;
    assert.ok(file);
    return file.path;
  }
  const read = async (photo: number): Promise<number | null> => {
    const tiles = await Tiles.open(folder, SIZE);
    const found = await tiles.read(`photo ${photo}`);
    await tiles.close();
    return found?.[0] ?? null;
  };

  it('are found in whatever segment holds them, and only at their own size', async () => {
    await segmentOf([1, 2]);
    await segmentOf([3]);
    assert.deepEqual([await read(1), await read(2), await read(3), await read(4)], [1, 2, 3, null]);
    assert.equal((await Tiles.open(folder, SIZE + 1)).has('photo 1'), false);
  });

  it('that were not saved when the process died do not count', async () => {
    const segment = await Segment.create(folder, SIZE);
    await segment.append('photo 1', square(1));
    await segment.save();
    await segment.append('photo 2', square(2));
    assert.deepEqual([await read(1), await read(2)], [1, null]);
    await segment.close();
  });

  it('that are damaged, cut off or gone count as not there', async () => {
    const path = await segmentOf([1, 2, 3]);
    const bytes = await readFile(path);
    bytes[5] = 77;
    await writeFile(path, bytes);
    assert.deepEqual([await read(1), await read(2)], [null, 2]);
    await truncate(path, tileBytes(SIZE) * 2 + 1);
    assert.deepEqual([await read(2), await read(3)], [2, null]);
    await rm(path);
    assert.equal(await read(2), null);
    await writeFile(`${path}.rows.json`, '{"version":');
    assert.equal(await read(2), null);
  });

  it('none of which was written leave no file', async () => {
    await (await Segment.create(folder, SIZE)).close();
    assert.deepEqual(await readdir(folder), []);
  });
});

describe('what an audit decoded', function () {
  this.timeout(30_000);
  let root: string;
  let folder: string;
  beforeEach(async () => {
    root = await soundProject();
    folder = join(root, TILES_FOLDER);
  });
  afterEach(() => rm(root, { recursive: true }));

  const audited = async (signal?: AbortSignal, onPhoto?: (done: number) => void) =>
    auditPhotos({ root, settings: SETTINGS, ...(signal === undefined ? {} : { signal }), ...(onPhoto === undefined ? {} : { onPhoto }) });
  const dataset = async () => {
    const { dataset: sound } = await audited();
    assert.ok(sound);
    return sound;
  };
  const fresh = async () => packPhotos({ root, dataset: await dataset(), size: AUDITED_SIDE, folder: join(root, 'elsewhere') });
  /** Photos that are gone cannot be decoded: what is packed of them was decoded before. */
  const packedWithoutPhotos = async () => {
    const set = await dataset();
    const expected = await fresh();
    await rm(join(root, set.root), { recursive: true });
    const packed = await packPhotos({ root, dataset: set, size: AUDITED_SIDE, folder });
    assert.deepEqual({ ...packed, path: '' }, { ...expected, path: '' });
    assert.ok((await readFile(packed.path)).equals(await readFile(expected.path)));
  };
  const segments = async (): Promise<string[]> => (await readdir(folder)).filter((file) => file.startsWith('segment-'));

  it('is the cache of a new set already, and is not there twice', async () => {
    await audited();
    assert.equal((await segments()).length, 2);
    await packedWithoutPhotos();
    assert.deepEqual(await segments(), []);
  });

  it('is taken from what a stopped audit left and the next one added', async () => {
    const stop = new AbortController();
    const enough = (done: number): void => {
      if (done === 5) stop.abort(new Error('enough'));
    };
    await assert.rejects(audited(stop.signal, enough), /enough/);
    await packedWithoutPhotos();
    assert.deepEqual(await segments(), []);
  });

  it('is taken from the cache of a set of which photos changed', async () => {
    await packPhotos({ root, dataset: await dataset(), size: AUDITED_SIDE, folder });
    await put(root, 'training_files/one/good/a.png', await png(70));
    await packedWithoutPhotos();
  });

  it('is decoded anew where its square is damaged', async () => {
    const set = await dataset();
    const [segment = ''] = (await segments()).filter((file) => file.endsWith('.bin'));
    const bytes = await readFile(join(folder, segment));
    bytes[tileBytes(AUDITED_SIDE) * 3] = (bytes[tileBytes(AUDITED_SIDE) * 3] ?? 0) ^ 1;
    await writeFile(join(folder, segment), bytes);
    const packed = await packPhotos({ root, dataset: set, size: AUDITED_SIDE, folder });
    assert.equal(packed.sha256, (await fresh()).sha256);
    const photo = await readFile(join(root, set.root, set.photos[3]?.file ?? ''));
    const cached = (await readFile(packed.path)).subarray(3 * tileBytes(AUDITED_SIDE), 4 * tileBytes(AUDITED_SIDE));
    assert.ok(cached.equals(await decodeSquare(photo, await readHeader(photo), AUDITED_SIDE)));
  });
});
