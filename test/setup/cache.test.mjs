import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolders, cacheRoot, digest, LIBJPEG_FILE, pinnedPackage, PHOTOS_FILE, tensorflowFile } from '../../setup/cache.mjs';
import { CLONE } from '../../setup/main.mjs';

describe("the user's cache", () => {
  it('lies where the XDG specification says', () => {
    assert.equal(cacheRoot({ XDG_CACHE_HOME: '/c', HOME: '/h' }), '/c/emo-aen');
    assert.equal(cacheRoot({ XDG_CACHE_HOME: 'relative', HOME: '/h' }), '/h/.cache/emo-aen');
    assert.equal(cacheRoot({ HOME: '/h' }), '/h/.cache/emo-aen');
  });

  it('has another folder for another Python or another TensorFlow, and the same for the same', async () => {
    const about = {
      clone: CLONE,
      cache: '/c',
      python: { version: '3.11.7', executable: '/usr/bin/python3.11' },
      kernels: 'k',
      decoder: 'd',
    };
    const one = await cacheFolders({ ...about, variant: 'cpu' });
    assert.deepEqual(await cacheFolders({ ...about, variant: 'cpu' }), one);
    const other = await cacheFolders({
      ...about,
      python: { version: '3.11.7', executable: '/opt/bin/python3.11' },
      variant: 'cuda',
      kernels: 'l',
      decoder: 'e',
    });
    assert.notEqual(other.python, one.python);
    assert.notEqual(other.native, one.native);
    assert.notEqual(other.kernels, one.kernels);
    assert.notEqual(other.decoder, one.decoder);
    assert.equal(other.libjpeg, one.libjpeg);
    assert.equal(other.photos, one.photos);
    assert.match(one.native, /^\/c\/native-tfjs-[\d.]+-tensorflow-cpu-[\d.]+-napi-[\d.]+-linux-x64-[0-9a-f]{8}$/);
  });

  it('does not take two texts for one', () => {
    assert.notEqual(digest(['ab', 'c']), digest(['a', 'bc']));
  });
});

describe('what is downloaded', () => {
  it('is pinned by version and hash, one package a file', async () => {
    for (const file of [tensorflowFile('cpu'), tensorflowFile('cuda'), PHOTOS_FILE, LIBJPEG_FILE]) {
      assert.match(pinnedPackage(await readFile(join(CLONE, file), 'utf8')).version, /^\d+\.\d+\.\d+$/);
    }
    assert.throws(() => pinnedPackage('wandb==0.31.0'), /not one pinned package/);
  });

  it('has a hash for every package of the Python environment, and names no index', async () => {
    const text = await readFile(join(CLONE, 'requirements.txt'), 'utf8');
    const packages = text
      .replaceAll('\\\n', ' ')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    assert.ok(packages.length > 20);
    for (const line of packages) assert.match(line, /^[a-z0-9-]+==\S+ .*--hash=sha256:[0-9a-f]{64}/);
    assert.ok(!/index-url|find-links|https?:/.test(text));
  });
});
