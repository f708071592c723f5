import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../../configs/load/canonical.js';
import { auditPhotos, type AuditResult } from '../../../ml/images/audit.js';
import { Inspections } from '../../../ml/images/inspections.js';
import { png, put, SETTINGS, soundProject } from './photo-set.js';

const A = 'training_files/one/good/a.png';

describe('an audit after an audit', function () {
  this.timeout(30_000);
  let root: string;
  let told: string[];
  let progress: number[];
  beforeEach(async () => {
    root = await soundProject();
    told = [];
    progress = [];
  });
  afterEach(() => rm(root, { recursive: true }));
  const audited = (settings = SETTINGS): Promise<AuditResult> => {
    progress = [];
    return auditPhotos({
      root,
      settings,
      onPhoto: (done) => progress.push(done),
      onForgetful: (message) => told.push(message),
    });
  };
  const forget = (): Promise<void> => rm(join(root, '.emo-aen'), { recursive: true, force: true });
  /** The audit with what it remembers, and without: they must agree to the byte. */
  const bothWays = async (settings = SETTINGS): Promise<AuditResult> => {
    const quick = await audited(settings);
    const steps = progress;
    await forget();
    const full = await audited(settings);
    assert.equal(canonicalJson(quick), canonicalJson(full));
    assert.deepEqual(steps, progress);
    return quick;
  };
  const codes = ({ report }: AuditResult): string[] => report.findings.map(({ code, file }) => `${code} ${file}`);

  it('gives the same report, index and progress as the first one, for a sound set and for a bad one', async () => {
    await audited();
    assert.deepEqual((await bothWays()).report.findings, []);
    await put(root, A, 'words');
    await put(root, 'training_files/two/bad/b.png', (await png(70)).subarray(0, -12));
    await audited();
    assert.deepEqual(codes(await bothWays()), ['not-an-image one/good/a.png', 'truncated two/bad/b.png']);
    assert.deepEqual(told, []);
  });

  it('takes what was found in a photo before, by its content', async () => {
    await audited();
    const known = await Inspections.open({
      root,
      limits: SETTINGS.photos,
      mode: 'full',
      tell: (message) => told.push(message),
    });
    const sha256 = createHash('sha256')
      .update(await readFile(join(root, A)))
      .digest('hex');
    const before = known.find(sha256);
    assert.deepEqual(before?.sides, { width: 240, height: 230 });
    known.keep(sha256, { ...before, faults: [['transparent', 'is what the memory says']] });
    await known.save();
    assert.deepEqual(codes(await audited()), ['transparent one/good/a.png']);
  });

  it('sees what changed since: content, name, limits of the settings', async () => {
    await audited();
    await put(root, A, await png(71, 100, 100));
    assert.deepEqual(codes(await bothWays()), ['too-small one/good/a.png']);
    for (const label of ['good', 'bad'])
      await rename(join(root, `training_files/one/${label}/a.png`), join(root, `training_files/one/${label}/c.png`));
    assert.deepEqual(codes(await bothWays()), ['too-small one/good/c.png']);
    const strict = { ...SETTINGS, photos: { ...SETTINGS.photos, minSide: 235 } };
    assert.equal((await bothWays(strict)).report.errors, 12);
  });

  for (const file of ['inspections.json', 'digests-photos.json'])
    it(`is a full one where ${file} is damaged, and says so`, async () => {
      const first = await audited();
      await put(root, `.emo-aen/cache/${file}`, 'no memory');
      assert.equal(canonicalJson(await audited()), canonicalJson(first));
      assert.deepEqual(told, [`.emo-aen/cache/${file} is damaged or of another version: what it remembered is found out anew`]);
    });

  it('is not kept from its work where nothing can be remembered', async () => {
    await writeFile(join(root, '.emo-aen'), 'in the way');
    const { report } = await audited();
    assert.deepEqual(report.findings, []);
    assert.ok(
      told.length > 0 &&
        told.every((message) => /^\.emo-aen\/cache\/\S+ cannot be written \(a file stands where a folder is needed\)/.test(message)),
      told.join('\n'),
    );
  });
});
