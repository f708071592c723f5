import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { Manifest } from '../../configs/schema/manifest.js';
import { parity } from '../../activities/export/parity.js';
import { openCache } from '../../ml/images/cache.js';
import { fromCache } from '../../ml/onnx/photos.js';
import { scorePhotos } from '../../ml/onnx/score.js';
import { Stage } from '../activities/export/stage.js';
import { taskContext } from '../activities/task-context.js';
import { invoke } from './invoke.js';

interface Answer {
  readonly photos: { file: string; score: number }[];
  readonly refused: { file: string; code: string; message: string }[];
  readonly model: { version: string; file: string };
}

describe('emo-aen rank', () => {
  let stage: Stage;
  let photos: string;
  const rank = (...args: string[]): ReturnType<typeof invoke> => invoke('rank', ...args, '--root', stage.root);
  before(async () => {
    stage = await Stage.make();
    await stage.export();
    await stage.quantize();
    await stage.evaluate();
    const anything = { cosineMedian: -1, cosineFifth: -1, errorOverVariance: 1e9, pairsAlike: 0, allPairsAlike: 0, accuracyDrop: 1 };
    const settings = { parity: { fp32ScoreError: 1, int8: anything, int8Weights: anything }, latency: { rounds: 1, runs: 1 } };
    stage.take(await parity(taskContext({ ...stage.given, task: 'parity', settings })));
    await stage.publish();
    // The cache's squares as photos of the same size, which resizing leaves as they are.
    photos = join(stage.root, 'photos');
    await mkdir(photos);
    const cache = await openCache(stage.path('cache-index'), stage.path('cache'));
    for (const index of [0, 1, 2])
      await sharp(Buffer.from(cache.pixels(index)), { raw: { width: 36, height: 36, channels: 3 } })
        .png()
        .toFile(join(photos, `photo ${index}.png`));
    await cache.close();
  });
  after(() => stage.remove());

  it('gives each photo the score that the model gives it, best first', async () => {
    const cache = await openCache(stage.path('cache-index'), stage.path('cache'));
    const { scores } = await scorePhotos(stage.path('onnx'), fromCache(cache, [0, 1, 2]), () => undefined);
    await cache.close();
    const expected = [...scores]
      .map((score, index) => ({ file: join(photos, `photo ${index}.png`), score }))
      .sort((a, b) => b.score - a.score);
    const { code, stdout } = await rank(photos, '--json');
    const answer = JSON.parse(stdout) as Answer;
    assert.equal(code, 0);
    assert.deepEqual(
      answer.photos.map(({ file }) => file),
      expected.map(({ file }) => file),
    );
    answer.photos.forEach(({ score }, place) => assert.ok(Math.abs(score - (expected[place]?.score ?? NaN)) < 1e-6));
    assert.deepEqual([answer.model.version, answer.model.file], ['1.2.3', 'fp32']);
  });

  it('uses the INT8 model where asked', async () => {
    const { stdout } = await rank(join(photos, 'photo 0.png'), '--int8', '--json');
    assert.equal((JSON.parse(stdout) as Answer).model.file, 'int8');
  });

  it('names what it cannot read, ranks the rest and ends with 1', async () => {
    const broken = join(stage.root, 'broken.png');
    await writeFile(broken, 'no photo');
    const { code, stdout, stderr } = await rank(join(photos, 'photo 0.png'), broken, join(stage.root, 'absent.jpg'));
    assert.equal(code, 1);
    assert.match(stdout, /^ ?-?[01]\.\d{4} {2}.*photo 0\.png\n$/);
    assert.match(stderr, /broken\.png: .*\n.*cure/);
    assert.match(stderr, /absent\.jpg: no such photo or folder/);
  });

  it('says how to get a model where none is published', async () => {
    const { code, stderr } = await rank(photos, '--model', photos);
    assert.equal(code, 1);
    assert.match(stderr, /manifest\.json: no model is published here\n {2}cure: .*emo-aen run/);
  });

  it('refuses a model whose bytes are not those of the manifest', async () => {
    const manifest = Manifest.parse(JSON.parse(await readFile(join(stage.root, 'models/manifest.json'), 'utf8')));
    const path = join(stage.root, 'models', manifest.files.find(({ name }) => name === 'fp32')?.path ?? '');
    await copyFile(path, `${path}.kept`);
    const bytes = await readFile(path);
    bytes[bytes.length - 100] = (bytes[bytes.length - 100] ?? 0) ^ 1;
    await writeFile(path, bytes);
    const { code, stderr } = await rank(photos);
    await copyFile(`${path}.kept`, path);
    assert.equal(code, 1);
    assert.match(stderr, /emo_aen\.onnx: its sha256 is/);
  });

  it('refuses a manifest that leads out of its folder', async () => {
    const text = await readFile(join(stage.root, 'models/manifest.json'), 'utf8');
    const other = join(stage.root, 'tampered');
    await mkdir(other);
    await writeFile(join(other, 'manifest.json'), text.replace(/versions\/[^/]+\/emo_aen\.onnx/, '../secret.onnx'));
    const { code, stderr } = await rank(photos, '--model', other);
    assert.equal(code, 1);
    assert.match(stderr, /not a manifest that this version of emo-aen understands: .*inside the bundle/);
  });
});
