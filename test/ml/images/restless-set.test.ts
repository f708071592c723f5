/** Sets that change, hang or are looked at twice while they are looked at. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { constants, rmSync } from 'node:fs';
import { chmod, open, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type AuditReport } from '../../../configs/schema/audit.js';
import { auditPhotos } from '../../../ml/images/audit.js';
import { inspectSet } from '../../../ml/images/inspect-set.js';
import { scanPhotos } from '../../../ml/images/scan.js';
import { png, put, SETTINGS, soundProject } from './photo-set.js';

const SET = 'training_files';
const run = promisify(execFile);
const found = (report: AuditReport): string[] => report.findings.map(({ code, file, message }) => `${code} ${file}: ${message}`);

describe('a set that changes while it is looked at', function () {
  this.timeout(60_000);
  let root: string;
  beforeEach(async () => void (root = await soundProject()));
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('is told of by a photo that is gone when its turn comes', async () => {
    // More than are under way at once. Once they are known, photos pass one like the other, and the last one's turn comes after the first was told.
    for (let number = 0; number < 100; number++)
      await put(root, `${SET}/one/${number % 2 === 0 ? 'good' : 'bad'}/n${number >> 1}.png`, await png(200 + number));
    await auditPhotos({ root, settings: SETTINGS });
    const { report } = await auditPhotos({
      root,
      settings: SETTINGS,
      onPhoto: (done) => {
        if (done === 1) rmSync(join(root, SET, 'two/good/b.png'));
      },
    });
    assert.deepEqual(found(report), ['unreadable two/good/b.png: cannot be read (ENOENT)']);
    assert.deepEqual([report.hash, report.ok], [null, false]);
  });

  it('goes on past a photo that is slow, says which one it waits for, and tells that it was written meanwhile', async () => {
    const { photos } = await scanPhotos(join(root, SET));
    const [first] = photos;
    assert.ok(first);
    // A pipe cannot be opened before somebody opens it to write. Its time of modification is set before that: a write's own might come too late to be seen.
    const pipe = join(root, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const write = async (): Promise<void> => {
      await utimes(pipe, 1, 1);
      await (await open(pipe, 'w')).close();
    };
    let done = 0;
    const waited: { file: string; done: number }[] = [];
    const inspections = await inspectSet([{ ...first, path: pipe }, ...photos.slice(1)], {
      root,
      settings: SETTINGS,
      mode: 'full',
      onPhoto: () => void done++,
      onForgetful: assert.fail,
      onWaiting: (file) => {
        if (file !== first.file || waited.length > 0) return;
        waited.push({ file, done });
        void write();
      },
    });
    assert.equal(waited[0]?.file, first.file);
    assert.equal(done, photos.length);
    assert.deepEqual(
      inspections.map(({ photo }) => photo.file),
      photos.map(({ file }) => file),
    );
    assert.deepEqual(
      inspections.flatMap(({ findings }) => findings.map(({ code, file }) => `${code} ${file}`)),
      [`changed-while-read ${first.file}`],
    );
  });

  it('can be left while a photo hangs', async () => {
    const { photos } = await scanPhotos(join(root, SET));
    const pipe = join(root, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const stop = new AbortController();
    const reason = new Error('enough');
    const running = inspectSet(
      photos.map((photo, place) => (place === 0 ? { ...photo, path: pipe } : photo)),
      { root, settings: SETTINGS, mode: 'full', signal: stop.signal, onForgetful: assert.fail, onWaiting: () => stop.abort(reason) },
    );
    await assert.rejects(running, reason);
    // Nobody waits any more for somebody to write.
    await assert.rejects(open(pipe, constants.O_WRONLY | constants.O_NONBLOCK), { code: 'ENXIO' });
  });

  it('is told of by a photo that this user may not read', async function () {
    if (process.getuid?.() === 0) {
      console.error('SKIPPED: a set that changes: root reads every file');
      this.skip();
    }
    await chmod(join(root, SET, 'one/good/a.png'), 0);
    const { report } = await auditPhotos({ root, settings: SETTINGS });
    assert.deepEqual(found(report), ['unreadable one/good/a.png: cannot be read (EACCES)']);
  });

  it('gives the same report to two audits at once, and leaves what they remember whole', async () => {
    for (let number = 0; number < 30; number++)
      for (const label of ['good', 'bad'])
        await put(root, `${SET}/one/${label}/n${number}.png`, await png(200 + 2 * number + Number(label === 'bad')));
    const program = `
      import { auditPhotos } from ${JSON.stringify(pathToFileURL(join('dist', 'ml', 'images', 'audit.js')).href)};
      const told = [];
      const options = { root: ${JSON.stringify(root)}, settings: ${JSON.stringify(SETTINGS)}, onForgetful: (message) => told.push(message) };
      const { report } = await auditPhotos(options);
      process.stdout.write(JSON.stringify({ report, told }));`;
    const audit = (): Promise<{ stdout: string }> => run(process.execPath, ['--input-type=module', '-e', program], { maxBuffer: 1 << 26 });
    const [one, other] = await Promise.all([audit(), audit()]);
    assert.equal(one.stdout, other.stdout);
    const told: string[] = [];
    const after = await auditPhotos({ root, settings: SETTINGS, onForgetful: (message) => told.push(message) });
    assert.deepEqual({ report: after.report, told }, JSON.parse(one.stdout));
    assert.deepEqual([after.report.findings, after.report.photos, told], [[], 72, []]);
  });
});

describe('names of 5,000 characters', function () {
  this.timeout(60_000);
  const long = 'x'.repeat(5_000);
  let root: string;
  beforeEach(async () => void (root = await soundProject()));
  afterEach(() => rm(root, { recursive: true, force: true }));
  const codes = async (settings = SETTINGS): Promise<string[]> =>
    (await auditPhotos({ root, settings })).report.findings.map(({ code, file }) => `${code} ${file.length > 100 ? 'LONG' : file}`);

  it('are told as the photo root', async () => {
    const told = await codes({ ...SETTINGS, photos: { ...SETTINGS.photos, root: long } });
    assert.ok(told.includes('root-missing .'), told.join());
  });

  it('are told as the splits file', async () => {
    assert.deepEqual(await codes({ ...SETTINGS, splits: { ...SETTINGS.splits, file: long } }), ['splits-missing LONG']);
  });

  it('are told in the splits file, and in scores', async () => {
    await put(root, 'docs/splits.json', JSON.stringify({ one: 'train', two: 'val', three: 'test', [long]: 'train' }));
    await put(root, `${SET}/one/scores.csv`, `good/a.png,4\ngood/${long}.png,3\n`);
    const told = await codes();
    assert.ok(told.includes('split-of-nothing docs/splits.json') && told.includes('bad-scores one/scores.csv'), told.join());
  });
});
