/** A photo that crashes a decoder, in all that decodes photos. */
import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../../../configs/problem.js';
import { auditPhotos } from '../../../ml/images/audit.js';
import { fixPhotos } from '../../../ml/images/fix/fix.js';
import { packPhotos } from '../../../ml/images/pack.js';
import { reportPage } from '../../../ml/images/report/page.js';
import { makeSampleSet } from '../../../ml/images/sample.js';
import { photosOf } from '../../../ml/onnx/quantize/calibration.js';
import { amongKillers, killer } from './decoders/killers.js';
import { png, put, SETTINGS, soundProject } from './photo-set.js';

const KILLER = `one/good/${killer('SIGSEGV')}`;
const CRASHED = 'the decoder crashed (SIGSEGV)';

describe('a photo that crashes a decoder', function () {
  this.timeout(120_000);
  let root: string;
  beforeEach(async () => {
    root = await soundProject();
    await put(root, `training_files/${KILLER}`, await png(300));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));
  const unpaired = { ...SETTINGS, pairs: { ...SETTINGS.pairs, pairing: 'cross' as const } };

  it('is a finding of the audit, which looks at all others, and has a box instead of a picture on its page', async () => {
    for (const mode of ['full', 'fast'] as const) {
      const { report, photos } = await amongKillers(() => auditPhotos({ root, settings: unpaired, mode }));
      assert.deepEqual(
        report.findings.filter(({ severity }) => severity === 'error').map(({ code, file, message }) => [code, file, message]),
        [['crashes-decoder', KILLER, `cannot be decoded: ${CRASHED}`]],
      );
      assert.deepEqual(
        photos.filter(({ content }) => content === null).map(({ photo }) => photo.file),
        [KILLER],
      );
      const page = await amongKillers(() => reportPage(report, { photoRoot: join(root, 'training_files'), maxPixels: 1e6 }));
      assert.match(page, /crashes-decoder/);
    }
    // What was done to it is not remembered: with a mended decoder it is sound.
    assert.equal((await auditPhotos({ root, settings: unpaired })).report.errors, 0);
  });

  it('is named by preprocess', async () => {
    const { dataset } = await auditPhotos({ root, settings: unpaired });
    assert.ok(dataset !== null);
    const packing = amongKillers(() => packPhotos({ root, dataset, size: 40, folder: join(root, 'cache') }));
    await assert.rejects(packing, (error: unknown) => {
      assert.ok(error instanceof Problem, String(error));
      assert.deepEqual([error.code, error.where, error.message, error.retryable], ['PHOTO', KILLER, CRASHED, false]);
      return true;
    });
    assert.deepEqual(await readdir(join(root, 'cache')), []);
  });

  it('is left out of the copy of audit --fix, and named', async () => {
    const audited = await auditPhotos({ root, settings: unpaired });
    const into = join(root, 'copy');
    const record = await amongKillers(() => fixPhotos({ root, settings: unpaired, audited, into }));
    assert.deepEqual(record.leftOut, [{ file: KILLER, code: 'crashes-decoder', message: CRASHED }]);
    assert.equal(record.photos.length, audited.photos.length - 1);
    assert.deepEqual((await readdir(join(into, 'one/good'))).sort(), ['a.png', 'b.png']);
  });

  it('is passed over where a sample set is made, and where photos calibrate', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'emo-aen-sources-'));
    try {
      const [bad, sound] = [join(folder, killer('SIGABRT')), join(folder, 'sound.png')];
      for (const path of [bad, sound]) await copyFile(join(root, 'training_files/one/good/a.png'), path);
      const into = join(folder, 'set');
      await mkdir(into);
      const sources = [
        { name: 'bad', path: bad },
        { name: 'sound', path: sound },
      ];
      const { scenes, skipped } = await amongKillers(() => makeSampleSet({ sources, into, crops: 1, kinds: ['blur'], seed: 0 }));
      assert.deepEqual(
        [scenes.map((scene) => scene.folder), skipped],
        [['sound'], [{ source: killer('SIGABRT'), reason: 'cannot be read as a photo (the decoder crashed (SIGABRT))' }]],
      );
      assert.deepEqual((await readdir(into)).sort(), ['degradations.json', 'sound']);
      const view = { size: 40, crop: 32, mean: [0, 0, 0], std: [1, 1, 1] } as const;
      const { files, refused } = await amongKillers(() => photosOf([bad, sound], view));
      assert.deepEqual([files, refused.map(({ where }) => where)], [[sound], [bad]]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
