import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem, type ProblemCode } from '../../../../configs/problem.js';
import type { DatasetSettings } from '../../../../configs/schema/dataset.js';
import { FixRecord } from '../../../../configs/schema/fix.js';
import { auditPhotos } from '../../../../ml/images/audit.js';
import { fixPhotos, RECORD_FILE, type FixOptions } from '../../../../ml/images/fix/fix.js';
import { DEGRADATIONS_FILE } from '../../../../ml/images/scan.js';
import { picture, png, put, SETTINGS, soundProject } from '../photo-set.js';

const SET = 'training_files';
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Every file below a folder with its digest. */
async function contents(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const pairs = files.map(async (file) => [file.slice(folder.length + 1), sha256(await readFile(file))] as const);
  return Object.fromEntries((await Promise.all(pairs)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe('fixPhotos', () => {
  let root: string;
  beforeEach(async () => void (root = await soundProject()));
  afterEach(() => rm(root, { recursive: true }));
  const fixed = async (into = 'copy', other: Partial<FixOptions> = {}, settings = SETTINGS): Promise<FixRecord> =>
    fixPhotos({ root, settings, audited: await auditPhotos({ root, settings }), into: join(root, into), ...other });
  const audited = (photoRoot: string, settings: DatasetSettings = SETTINGS) =>
    auditPhotos({ root, settings: { ...settings, photos: { ...settings.photos, root: photoRoot } } });
  const isProblem =
    (code: ProblemCode, message: RegExp) =>
    (error: unknown): boolean =>
      error instanceof Problem && error.code === code && message.test(error.message);

  it('copies a sound set byte for byte, with its scores and its record of degradations, and tells each photo', async () => {
    await put(root, `${SET}/one/scores.csv`, 'file,score\r\n"good/a.png",4.5\r\n');
    await put(root, `${SET}/${DEGRADATIONS_FILE}`, JSON.stringify({ version: 2, synthetic: true, seed: 0, scenes: [], skipped: [] }));
    await put(root, `${SET}/one/notes.txt`, 'not read, not copied');
    const told: number[] = [];
    const record = await fixed('copy', { onPhoto: (done) => told.push(done) });
    const { 'one/notes.txt': notes, ...set } = await contents(join(root, SET));
    const { [RECORD_FILE]: own, ...copy } = await contents(join(root, 'copy'));
    assert.ok(notes !== undefined && own !== undefined);
    assert.deepEqual(copy, set);
    assert.ok(record.photos.length === 12 && record.photos.every(({ actions, before, after }) => actions.length === 0 && before === after));
    assert.deepEqual([record.leftOut, record.brokenPairs, record.scores, told.at(-1)], [[], [], [], 12]);
    assert.deepEqual(FixRecord.parse(JSON.parse(await readFile(join(root, 'copy', RECORD_FILE), 'utf8'))), record);
  });

  it('makes a sound set of one in which everything can be put right, and changes nothing of that one', async () => {
    const at = (file: string): string => `${SET}/${file}`;
    await put(root, at('one/good/a.png'), await (await picture(50)).withIccProfile('p3').png().toBuffer());
    await put(root, at('one/bad/a.png'), await (await picture(51)).toColourspace('rgb16').png().toBuffer());
    await put(root, at('one/good/b.png'), await (await picture(52)).toColourspace('b-w').png().toBuffer());
    await put(root, at('one/bad/b.png'), await (await picture(53)).ensureAlpha(0.5).webp().toBuffer());
    await put(root, at('two/good/a.png'), await (await picture(54, 300, 240)).withMetadata({ orientation: 6 }).jpeg().toBuffer());
    await put(root, at('two/bad/a.png'), Buffer.concat([await png(55, 240, 300), Buffer.from('tail')]));
    await put(root, at('two/scores.csv'), 'file,score,deviation\ngood/a.png,4.5,0.1\nbad/a.png,2,0.2\n');
    const before = await contents(join(root, SET));
    const record = await fixed();
    assert.deepEqual(await contents(join(root, SET)), before);
    const did = Object.fromEntries(
      record.photos.filter(({ actions }) => actions.length > 0).map(({ from, file, actions }) => [from, [file, ...actions]]),
    );
    assert.deepEqual(did, {
      'one/good/a.png': ['one/good/a.png', 'converted-to-srgb', 'encoded-as-png'],
      'one/bad/a.png': ['one/bad/a.png', 'converted-to-srgb', 'encoded-as-png'],
      'one/good/b.png': ['one/good/b.png', 'converted-to-srgb', 'encoded-as-png'],
      'one/bad/b.png': ['one/bad/b.png', 'flattened-on-white', 'encoded-as-png'],
      'two/good/a.png': ['two/good/a.jpg', 'turned-upright', 'encoded-as-jpeg', 'renamed'],
      'two/bad/a.png': ['two/bad/a.png', 'trailing-bytes-dropped'],
    });
    assert.deepEqual(record.leftOut, []);
    assert.deepEqual(record.scores, [{ file: 'two/scores.csv', renamed: 1, dropped: 0 }]);
    assert.equal(await readFile(join(root, 'copy/two/scores.csv'), 'utf8'), 'file,score,deviation\ngood/a.jpg,4.5,0.1\nbad/a.png,2,0.2\n');
    const { report } = await audited('copy');
    assert.deepEqual([report.ok, report.findings, report.scored], [true, [], 2]);
    for (const { file, after } of record.photos) assert.equal(sha256(await readFile(join(root, 'copy', file))), after);
  });

  it('leaves out what nothing can put right, says why and which pairs that breaks, and drops its scores', async () => {
    const one = `${SET}/one/good`;
    await put(root, `${one}/a.png`, (await png(50)).subarray(0, -12));
    await put(root, `${one}/b.png`, await (await picture(51)).toColourspace('cmyk').jpeg().toBuffer());
    await symlink('/etc/hostname', join(root, one, 'link.png'));
    await put(root, `${SET}/one/scores.csv`, 'good/a.png,4.5\nbad/a.png,2\n');
    const record = await fixed();
    assert.deepEqual(
      record.leftOut.map(({ file, code }) => [file, code]),
      [
        ['one/good/a.png', 'truncated'],
        ['one/good/b.png', 'not-srgb'],
        ['one/good/link.png', 'link-outside'],
      ],
    );
    assert.match(record.leftOut[1]?.message ?? '', /CMYK without a profile/);
    assert.deepEqual(record.brokenPairs, [
      { file: 'one/bad/a.png', without: 'one/good/a.png' },
      { file: 'one/bad/b.png', without: 'one/good/b.png' },
    ]);
    assert.deepEqual(record.scores, [{ file: 'one/scores.csv', renamed: 0, dropped: 1 }]);
    assert.equal(await readFile(join(root, 'copy/one/scores.csv'), 'utf8'), 'bad/a.png,2\n');
    const kept = await contents(join(root, 'copy'));
    assert.ok(!('one/good/a.png' in kept) && 'one/bad/a.png' in kept);
    const cross = await fixed('other', {}, { ...SETTINGS, pairs: { ...SETTINGS.pairs, pairing: 'cross' } });
    assert.deepEqual(cross.brokenPairs, []);
  });

  it('lets scores follow a photo whose name is written in another form, renamed or left out', async () => {
    const jpeg = await (await picture(80)).jpeg().toBuffer();
    await put(root, `${SET}/E\u0301te\u0301/good/e\u0301.png`, jpeg);
    await put(root, `${SET}/E\u0301te\u0301/bad/e\u0301.png`, (await png(81)).subarray(0, -12));
    await put(root, `${SET}/E\u0301te\u0301/scores.csv`, 'good/\u00e9.png,4\nbad/\u00e9.png,2\n');
    const record = await fixed();
    const [scores, ...others] = record.scores;
    assert.deepEqual([scores?.renamed, scores?.dropped, others], [1, 1, []]);
    assert.equal(await readFile(join(root, 'copy', scores?.file ?? ''), 'utf8'), 'good/\u00e9.jpg,4\n');
    const { report } = await audited('copy');
    assert.deepEqual(
      report.findings.filter(({ code }) => code === 'bad-scores'),
      [],
    );
  });

  it('breaks no pair where a sidecar, or a second file of the name, is left out', async () => {
    await put(root, `${SET}/one/good/a.xmp`, '<x:xmpmeta xmlns:x="adobe:ns:meta/"/>');
    await put(root, `${SET}/one/good/a.gif`, await (await picture(50)).gif().toBuffer());
    const record = await fixed();
    assert.deepEqual([record.leftOut.map(({ file }) => file), record.brokenPairs], [['one/good/a.gif'], []]);
  });

  it('copies what a link inside the set points to, not the link', async () => {
    await symlink('a.png', join(root, SET, 'one/good/link.png'));
    await fixed();
    assert.deepEqual(await readFile(join(root, 'copy/one/good/link.png')), await readFile(join(root, SET, 'one/good/a.png')));
    const entries = await readdir(join(root, 'copy/one/good'), { withFileTypes: true });
    assert.ok(entries.every((entry) => entry.isFile()));
  });

  it('copies a photo whose name is as long as a name can be, and leaves out one whose name would have to grow', async () => {
    const long = '\u5149'.repeat(83); // 249 bytes
    for (const label of ['good', 'bad']) {
      await put(root, `${SET}/one/${label}/${long}.png`, await png(label === 'good' ? 60 : 61));
      await put(root, `${SET}/one/${label}/${'x'.repeat(251)}.jpg`, await (await picture(label === 'good' ? 62 : 63)).webp().toBuffer());
    }
    const record = await fixed(long);
    assert.equal(record.photos.filter(({ file }) => file.includes(long)).length, 2);
    assert.deepEqual(
      record.leftOut.map(({ file, code }) => [file.length, code]),
      [265, 264].map((length) => [length - 1, 'wrong-extension']).sort(),
    );
    assert.match(record.leftOut[0]?.message ?? '', /256 bytes, more than 255: shorten it/);
  });

  for (const [name, target, code] of [
    ['out of the set', '../../private.txt', 'link-outside'],
    ['to itself', 'self', 'unreadable'],
    ['to nothing', '/nowhere/at/all', 'unreadable'],
  ] as const)
    it(`neither reads nor copies scores and a record that are links ${name}`, async () => {
      await put(root, 'private.txt', 'first line of a private file\nsecond line of a private file\n');
      const own = (file: string): string => (target === 'self' ? (file.split('/').at(-1) ?? '') : target);
      for (const file of ['one/scores.csv', DEGRADATIONS_FILE])
        await symlink(file === DEGRADATIONS_FILE ? own(file).replace('../../', '../') : own(file), join(root, SET, file));
      const audit = await auditPhotos({ root, settings: SETTINGS });
      const record = await fixed('copy', { audited: audit });
      assert.deepEqual(record.scores, []);
      const found = audit.report.findings.map((each) => [each.code, each.file]);
      assert.deepEqual(
        found.sort(),
        [
          [code, DEGRADATIONS_FILE],
          [code, 'one/scores.csv'],
        ].sort(),
      );
      assert.ok(!JSON.stringify(audit.report).includes('private file'));
      const copied = Object.keys(await contents(join(root, 'copy')));
      assert.deepEqual(
        copied.filter((file) => !file.endsWith('.png')),
        [RECORD_FILE],
      );
    });

  it('refuses a set with a scene called as the record of the copy', async () => {
    await put(root, `${SET}/${RECORD_FILE}/good/a.png`, await png(70));
    await assert.rejects(fixed(), isProblem('DATASET', /fix\.json/));
  });

  it('leaves out a photo that changed since it was audited', async () => {
    const before = await auditPhotos({ root, settings: SETTINGS });
    await put(root, `${SET}/one/good/a.png`, await png(60));
    await rm(join(root, SET, 'one/good/b.png'));
    const record = await fixed('copy', { audited: before });
    assert.deepEqual(
      record.leftOut.map(({ file, code }) => [file, code]),
      [
        ['one/good/a.png', 'changed-while-read'],
        ['one/good/b.png', 'unreadable'],
      ],
    );
  });

  it('refuses a folder in the set, around it, or with something in it, also by way of a link', async () => {
    await symlink(join(root, SET), join(root, 'way'));
    await assert.rejects(fixed(`${SET}/copy`), isProblem('USAGE', /inside the photo root/));
    await assert.rejects(fixed('way/new/copy'), isProblem('USAGE', /inside the photo root/));
    await assert.rejects(fixed(SET), isProblem('USAGE', /inside the photo root/));
    await assert.rejects(fixed('.'), isProblem('USAGE', /holds the photo root/));
    await assert.rejects(fixed('docs'), isProblem('CONFLICT', /holds "splits\.json" already/));
    await assert.rejects(fixed('docs/splits.json'), isProblem('CONFLICT', /not a folder/));
    await mkdir(join(root, 'empty'));
    assert.equal((await fixed('empty')).photos.length, 12);
    assert.equal((await fixed(`${SET}-copy`)).photos.length, 12);
  });

  it('refuses what a fast audit did not see, and a set of which nothing can be copied', async () => {
    const { report, ...rest } = await auditPhotos({ root, settings: SETTINGS });
    await assert.rejects(fixed('copy', { audited: { ...rest, report: { ...report, mode: 'fast' } } }), isProblem('USAGE', /fast audit/));
    await rm(join(root, SET), { recursive: true });
    await assert.rejects(fixed(), isProblem('DATASET', /no photo/));
  });

  it('leaves nothing where it is stopped, and clears away what a killed process left', async () => {
    await put(root, '.copy.making-0123456789ab/one/good/a.png', 'half');
    const stop = new AbortController();
    const reason = new Error('enough');
    const before = await readdir(root);
    await assert.rejects(fixed('copy', { signal: stop.signal, onPhoto: () => stop.abort(reason) }), reason);
    assert.deepEqual(
      (await readdir(root)).filter((name) => name !== '.emo-aen'),
      before.filter((name) => !name.includes('making')),
    );
  });
});
