import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFinished, makeAside, makeInPlace } from '../../setup/finished.mjs';

describe('a folder in the cache', () => {
  /** @type {string} */
  let cache;
  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'emo-aen-cache-'));
  });
  afterEach(() => rm(cache, { recursive: true, force: true }));

  it('appears whole or not at all', async () => {
    const folder = join(cache, 'native');
    await assert.rejects(
      makeAside(folder, async (temporary) => {
        await writeFile(join(temporary, 'half'), '');
        throw new Error('no network');
      }),
      /no network/,
    );
    assert.deepEqual(await readdir(cache), []);
    await makeAside(folder, (temporary) => writeFile(join(temporary, 'whole'), 'yes'));
    assert.ok(await isFinished(folder));
    assert.equal(await readFile(join(folder, 'whole'), 'utf8'), 'yes');
  });

  it('takes with it what a killed try left beside it', async () => {
    await mkdir(join(cache, 'native.tmp-1'), { recursive: true });
    await mkdir(join(cache, 'native-other.tmp-1'), { recursive: true });
    await makeAside(join(cache, 'native'), async () => undefined);
    assert.deepEqual((await readdir(cache)).sort(), ['native', 'native-other.tmp-1']);
  });

  it('that cannot be moved does not count before it is whole, and is made from nothing again', async () => {
    const folder = join(cache, 'python');
    const half = makeInPlace(folder, async () => {
      await mkdir(folder);
      await writeFile(join(folder, 'half'), '');
      throw new Error('killed');
    });
    await assert.rejects(half, /killed/);
    assert.ok(!(await isFinished(folder)));
    await makeInPlace(folder, async () => void (await mkdir(folder)));
    assert.ok(await isFinished(folder));
    assert.ok(!existsSync(join(folder, 'half')));
  });

  it('does not count where a file of it, or of a folder that it needs, is missing or has another size', async () => {
    const [needed, folder] = [join(cache, 'library'), join(cache, 'addon')];
    const make = async () => {
      await makeAside(needed, (temporary) => writeFile(join(temporary, 'lib.so'), 'code'));
      await makeAside(folder, (temporary) => writeFile(join(temporary, 'addon.node'), 'code'), ['library']);
      assert.ok(await isFinished(folder));
    };
    await make();
    await writeFile(join(folder, 'addon.node'), 'cod');
    assert.ok(!(await isFinished(folder)));
    await make();
    await rm(join(needed, 'lib.so'));
    assert.ok(!(await isFinished(folder)));
    await make();
    await writeFile(join(folder, '.complete'), '');
    assert.ok(!(await isFinished(folder)), 'a mark that was cut');
  });
});
