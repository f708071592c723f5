import assert from 'node:assert/strict';
import { appendFile, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { makeAside } from '#setup/finished.mjs';
import { readInstallation } from '../../configs/load/installation.js';
import { Problem } from '../../configs/problem.js';
import { checkAddon, loadAddon } from '../../ml/addon.js';

const { decoder, tensorflow } = await readInstallation();

describe('code that set-up compiled', () => {
  let cache: string;
  let addon: string;
  let library: string;
  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'emo-aen-addon-'));
    library = join(cache, 'library', 'lib.so');
    await makeAside(join(cache, 'library'), (folder) => writeFile(join(folder, 'lib.so'), 'machine code'));
    await makeAside(join(cache, 'addon'), (folder) => cp(decoder, join(folder, 'decoder.node')), ['library']);
    addon = join(cache, 'addon', 'decoder.node');
  });
  afterEach(() => rm(cache, { recursive: true, force: true }));

  const refusal = async (path: string): Promise<Problem> => {
    const error: unknown = await loadAddon(path, 'our decoder').then(
      () => assert.fail('it was loaded'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof Problem, String(error));
    assert.equal(error.code, 'ENVIRONMENT');
    return error;
  };

  it('is whole where set-up left it: the decoder, TensorFlow and our operations for it', async () => {
    for (const path of [decoder, tensorflow.binding, tensorflow.kernels, addon]) await checkAddon(path, 'an addon');
  });

  it('is not loaded after one byte of it changed, and the file and the cure are named', async () => {
    const bytes = await readFile(addon);
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
    await writeFile(addon, bytes);
    const { message, where, cure } = await refusal(addon);
    assert.match(message, /our decoder is not loaded: this file changed since set-up made it/);
    assert.equal(where, addon);
    assert.equal(cure, `rm -rf '${dirname(addon)}' && npm run setup`);
  });

  it('is not loaded after a library changed or vanished that it is linked to', async () => {
    await appendFile(library, 'x');
    assert.equal((await refusal(addon)).where, library);
    await rm(library);
    assert.match((await refusal(addon)).message, /missing/);
  });

  it('is checked at the place that a link leads to', async () => {
    const link = join(cache, 'link.node');
    await symlink(addon, link);
    await checkAddon(link, 'our decoder');
    await appendFile(addon, 'x');
    assert.equal((await refusal(link)).where, addon);
  });

  it('is not loaded without the mark of set-up, or where the mark does not know it', async () => {
    await cp(addon, join(cache, 'addon', 'other.node'));
    assert.match((await refusal(join(cache, 'addon', 'other.node'))).message, /record of its files is missing/);
    await writeFile(join(cache, 'addon', '.complete'), '');
    assert.match((await refusal(addon)).message, /record of its files is empty/);
    await rm(join(cache, 'addon', '.complete'));
    assert.match((await refusal(addon)).message, /record of its files is missing/);
    assert.match((await refusal(join(cache, basename(addon)))).message, /our decoder is missing/);
  });
});
