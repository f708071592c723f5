import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import sharp from 'sharp';
import { Manifest, type ManifestFile } from '../../configs/schema/manifest.js';
import { parity } from '../../activities/export/parity.js';
import { readManifest } from '../../ml/bundle/read.js';
import { percentile } from '../../ml/bundle/test-scores.js';
import { openCache } from '../../ml/images/cache.js';
import { parseCsv } from '../../ml/images/csv.js';
import { fromCache } from '../../ml/onnx/photos.js';
import { scorePhotos } from '../../ml/onnx/score.js';
import { chooseFile, readManifest as readPageManifest } from '../../web/shared/manifest.js';
import { Stage } from '../activities/export/stage.js';
import { amongKillers, killer } from '../ml/images/decoders/killers.js';
import { taskContext } from '../activities/task-context.js';
import { invoke } from './invoke.js';

interface Answer {
  readonly photos: { file: string; score: number; percentile: number | null; closeToPrevious: boolean }[];
  readonly ranked: number;
  readonly close: { margin: number } | null;
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
    const settings = {
      parity: { fp32ScoreError: 1, int8: anything, int8Weights: anything },
      latency: { rounds: 1, runs: 1, browser: 'off' as const },
    };
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

  it('names a photo that crashes the decoder, and ranks the others', async () => {
    const folder = join(stage.root, 'with a killer');
    await mkdir(folder);
    await copyFile(join(photos, 'photo 0.png'), join(folder, killer('SIGSEGV')));
    await copyFile(join(photos, 'photo 1.png'), join(folder, 'sound.png'));
    const { stdout } = await amongKillers(() => rank(folder, '--json'));
    const { photos: ranked, refused } = JSON.parse(stdout) as Answer;
    assert.deepEqual(
      ranked.map(({ file }) => file),
      [join(folder, 'sound.png')],
    );
    assert.deepEqual(
      refused.map(({ file, code, message }) => [file, code, message]),
      [[join(folder, killer('SIGSEGV')), 'PHOTO', 'the decoder crashed (SIGSEGV)']],
    );
  });

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

  const file = async (name: string): Promise<ManifestFile> => {
    const found = (await readManifest(join(stage.root, 'models'))).files.find((each) => each.name === name);
    assert.ok(found !== undefined);
    return found;
  };

  it('uses the INT8 model where asked, and judges its scores by its own margin and test photos', async () => {
    const { stdout } = await rank(photos, '--int8', '--json');
    const answer = JSON.parse(stdout) as Answer;
    assert.equal(answer.model.file, 'int8');
    const { scores, close } = await file('int8');
    assert.equal(answer.close?.margin, close?.margin);
    assert.deepEqual(
      answer.photos.map((photo) => photo.percentile),
      answer.photos.map(({ score }) => percentile(score, scores?.all ?? [])),
    );
    assert.notEqual(close?.margin, (await file('fp32')).close?.margin);
  });

  it('takes the file that the reader in docs/models.md takes, with the same margin; so does the page', async () => {
    const document = await readFile('docs/models.md', 'utf8');
    const [, reader] = /```js\n([^]*?)```/.exec(document) ?? [];
    assert.ok(reader !== undefined);
    const script = join(stage.root, 'reader.mjs');
    await writeFile(script, reader);
    const models = join(stage.root, 'models');
    const read = (runtime: string): unknown => JSON.parse(execFileSync(process.execPath, [script, models, runtime], { encoding: 'utf8' }));
    const { model, close } = JSON.parse((await rank(photos, '--json')).stdout) as Answer;
    const { scores } = await file(model.file);
    assert.deepEqual(read('native'), { file: model.file, margin: close?.margin, scores: scores?.all });
    const page = readPageManifest(await readFile(join(models, 'manifest.json'), 'utf8'));
    for (const [family, runtime] of [
      ['wasm', 'wasm-threads'],
      ['webgpu', 'webgpu'],
    ] as const) {
      const chosen = chooseFile(page, runtime);
      assert.deepEqual(read(family), { file: chosen.name, margin: chosen.close?.margin, scores: chosen.scores?.all });
    }
  });

  it('says which share of the test photos each one beats, and marks what is close to the one before', async () => {
    const { scores, close } = await file('fp32');
    const { stdout } = await rank(photos, '--json');
    const answer = JSON.parse(stdout) as Answer;
    assert.equal(answer.close?.margin, close?.margin);
    answer.photos.forEach(({ score, percentile, closeToPrevious }, place) => {
      assert.ok(percentile !== null && percentile >= 0 && percentile <= 100);
      const lower = (scores?.all ?? []).filter((bound) => bound <= score).length;
      assert.ok(Math.abs(percentile / 5 - (lower - 1)) <= 1 || percentile === 0);
      const before = answer.photos[place - 1];
      assert.equal(closeToPrevious, before !== undefined && before.score - score < (close?.margin ?? NaN));
    });
    const { stdout: text } = await rank(photos);
    const marked = answer.photos.filter(({ closeToPrevious }) => closeToPrevious).length;
    assert.equal(text.split('\n').filter((line) => / % ≈ /.test(line)).length, marked);
  });

  it('gives a photo the same score alone and among others', async () => {
    const among = JSON.parse((await rank(photos, '--json')).stdout) as Answer;
    const [, second] = among.photos;
    const alone = JSON.parse((await rank(second?.file ?? '', '--json')).stdout) as Answer;
    assert.equal(alone.photos[0]?.score, second?.score);
  });

  it('goes into folders in folders, and neither into hidden ones nor round in circles', async () => {
    const deep = join(stage.root, 'deep');
    await mkdir(join(deep, 'a', 'b'), { recursive: true });
    await mkdir(join(deep, '.thumbnails'));
    for (const place of ['top.PNG', 'a/b/low.png', '.thumbnails/small.png']) await copyFile(join(photos, 'photo 0.png'), join(deep, place));
    await symlink(deep, join(deep, 'a', 'round'));
    await writeFile(join(deep, 'a', 'notes.txt'), 'no photo');
    const { code, stdout } = await rank(deep, '--json');
    assert.equal(code, 0);
    assert.deepEqual((JSON.parse(stdout) as Answer).photos.map(({ file }) => relative(deep, file)).sort(), ['a/b/low.png', 'top.PNG']);
  });

  it('ranks hundreds of photos in order, broken ones among them, and shows the best', async () => {
    const many = join(stage.root, 'many');
    await mkdir(many);
    for (let index = 0; index < 301; index++)
      if (index % 100 === 50) await writeFile(join(many, `${index}.png`), 'no photo');
      else await copyFile(join(photos, `photo ${index % 3}.png`), join(many, `${index}.png`));
    const { code, stdout } = await rank(many, '--json', '--top', '7');
    const answer = JSON.parse(stdout) as Answer;
    assert.deepEqual([code, answer.ranked, answer.photos.length, answer.refused.length], [1, 298, 7, 3]);
    const scores = answer.photos.map(({ score }) => score);
    assert.equal(new Set(scores).size, 1, 'copies of one photo score the same to the last bit');
    assert.deepEqual(
      answer.refused.map(({ file }) => relative(many, file)),
      ['150.png', '250.png', '50.png'],
    );
    assert.equal((await rank(many, '--top', 'seven')).code, 2);
  });

  it('writes CSV and a page, where a hostile name is but a name', async () => {
    const names = ['=cmd|x.png', 'say "hi", all.png', '<img src=x onerror=alert(1)>.png'];
    const hostile = join(stage.root, 'hostile');
    await mkdir(hostile);
    for (const name of names) await copyFile(join(photos, 'photo 1.png'), join(hostile, name));
    const [csv, page] = [join(stage.root, 'out', 'ranking.csv'), join(stage.root, 'out', 'ranking.html')];
    const { code, stderr } = await rank(hostile, '--csv', csv, '--html', page);
    assert.equal(code, 0);
    assert.match(stderr, /the ranking is in .*ranking\.csv/);
    const rows = parseCsv(await readFile(csv, 'utf8'));
    assert.deepEqual(rows[0]?.fields, ['place', 'score', 'percentile', 'close_to_previous', 'file']);
    assert.deepEqual(
      rows
        .slice(1)
        .map(({ fields }) => relative(hostile, fields[4] ?? ''))
        .sort(),
      names.toSorted(),
    );
    const html = await readFile(page, 'utf8');
    assert.equal(html.match(/<img /g)?.length, 3, 'one picture each and none of the names');
    assert.ok(!/<script|<img src=x/.test(html), 'the name became an element');
    assert.ok(html.includes('default-src &#39;none&#39;'), 'no policy');
  });

  it('names what it cannot read, ranks the rest and ends with 1', async () => {
    const broken = join(stage.root, 'broken.png');
    await writeFile(broken, 'no photo');
    const { code, stdout, stderr } = await rank(join(photos, 'photo 0.png'), broken, join(stage.root, 'absent.jpg'));
    assert.equal(code, 1);
    assert.match(stdout, /^ ?-?[01]\.\d{4} {2} *\d+ % {3}.*photo 0\.png\n$/);
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

  const tampered: Readonly<Record<string, readonly [change: (text: string) => string, says: RegExp]>> = {
    'leads out of its folder': [
      (text) => text.replace(/versions\/[^/]+\/emo_aen\.onnx/, '../secret.onnx'),
      /not a manifest that this version of emo-aen understands: .*has a name in it that is "\.\."/,
    ],
    'names an absolute path': [(text) => text.replace(/versions\/[^/]+\/emo_aen\.onnx/, '/etc/passwd'), /has a name in it that is empty/],
    'is cut off': [(text) => text.slice(0, text.length / 2), /is cut off or no JSON/],
    'is of a newer layout': [
      (text) => text.replace('"format": 3', '"format": 4'),
      /a manifest of layout 4, and this release of emo-aen reads layout 3\n {2}cure: use the release/,
    ],
    'is of an older layout': [
      (text) => text.replace('"format": 3', '"format": 2'),
      /a manifest of layout 2, and this release of emo-aen reads layout 3\n {2}cure: publish another version/,
    ],
  };
  for (const [how, [change, says]] of Object.entries(tampered))
    it(`refuses a manifest that ${how}`, async () => {
      const text = await readFile(join(stage.root, 'models/manifest.json'), 'utf8');
      const other = join(stage.root, `manifest that ${how}`);
      await mkdir(other);
      await writeFile(join(other, 'manifest.json'), change(text));
      const { code, stderr } = await rank(photos, '--model', other);
      assert.equal(code, 1);
      assert.match(stderr, says);
    });
});
