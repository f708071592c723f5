import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scanPhotos } from '../../../ml/images/scan.js';
import { put } from './photo-set.js';

/** A file whose name is given in bytes, which no string can hold. */
const putBytes = (root: string, folder: string, name: Buffer): Promise<void> =>
  writeFile(Buffer.concat([Buffer.from(join(root, folder) + '/'), name]), 'x');

describe('scanPhotos', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-scan-'));
    for (const file of ['one/good/a.jpg', 'one/bad/a.jpg']) await put(root, file, 'x');
  });
  afterEach(() => rm(root, { recursive: true, force: true }));
  const scanned = async (): Promise<{ files: string[]; found: string[] }> => {
    const { photos, findings } = await scanPhotos(root);
    return { files: photos.map(({ file }) => file), found: findings.map(({ code, file, message }) => `${code} ${file}: ${message}`) };
  };

  it('gives photos and findings in one order, whatever the order in which folders are read', async () => {
    for (const folder of ['two', 'a b', 'a', 'a-b', 'B']) {
      await put(root, `${folder}/good/x.jpg`, 'x');
      await put(root, `${folder}/bad/x.jpg`, 'x');
      await put(root, `${folder}/notes.txt`, 'x');
    }
    const first = await scanned();
    assert.deepEqual(first.files, [...first.files].sort());
    assert.equal(first.files.length, 12);
    for (let round = 0; round < 5; round++) assert.deepEqual(await scanned(), first);
  });

  it('tells of a name that is not UTF-8, and takes one that has the sign for it as its own', async () => {
    await put(root, 'one/good/\ufffd.jpg', 'x');
    assert.deepEqual(await scanned(), { files: ['one/bad/a.jpg', 'one/good/a.jpg', 'one/good/\ufffd.jpg'], found: [] });
    try {
      await putBytes(root, 'one/good', Buffer.from([0xff, 0x2e, 0x6a, 0x70, 0x67]));
      await putBytes(root, 'one/bad', Buffer.from('caf\xe9.jpg', 'latin1'));
    } catch (error) {
      console.error(`SKIPPED in part: scanPhotos: this file system takes no name that is not UTF-8 (${String(error)})`);
      return;
    }
    assert.deepEqual(await scanned(), {
      files: ['one/bad/a.jpg', 'one/good/a.jpg', 'one/good/\ufffd.jpg'],
      found: [
        'unreadable one/bad/caf\ufffd.jpg: has a name that is not UTF-8: give it another one',
        'unreadable one/good/\ufffd.jpg: has a name that is not UTF-8: give it another one',
      ],
    });
  });

  it('passes over what systems, storage and photo programs leave, in any spelling', async () => {
    const before = await scanned();
    const litter = ['thumbs.db', 'Desktop.ini', 'Icon\r', '@eaDir/a.jpg/SYNOFILE_THUMB_M.jpg', 'a.xmp', 'a.AAE', 'a.json', 'a.jpg.json'];
    for (const file of litter) for (const folder of ['one/good', 'one/bad']) await put(root, `${folder}/${file}`, 'x');
    for (const folder of ['@eaDir', '__MACOSX', '#recycle', '$RECYCLE.BIN', 'lost+found', 'one/@eaDir'])
      await put(root, `${folder}/good/a.jpg`, 'x');
    assert.deepEqual(await scanned(), before);
  });

  it('tells of a side with nothing but sidecars', async () => {
    await put(root, 'two/good/a.jpg', 'x');
    await put(root, 'two/bad/a.xmp', 'x');
    assert.deepEqual((await scanned()).found, ['label-empty two/bad: holds no photos']);
  });

  it('composes the name of a scene, and tells of two that differ in nothing else', async function () {
    for (const label of ['good', 'bad']) await put(root, `E\u0301te\u0301/${label}/a.jpg`, 'x');
    const { folders, photos } = await scanPhotos(root);
    assert.deepEqual(folders, ['one', '\u00c9t\u00e9'].sort());
    const [photo] = photos.filter(({ folder }) => folder === '\u00c9t\u00e9');
    assert.ok(photo?.path.endsWith(photo.file) && (await stat(photo.path)).isFile());
    for (const label of ['good', 'bad']) await put(root, `\u00c9t\u00e9/${label}/b.jpg`, 'x');
    if ((await readdir(root)).length < 3) {
      console.error('SKIPPED in part: scanPhotos: this file system takes composed and decomposed names for one');
      this.skip();
    }
    assert.deepEqual((await scanned()).found, [
      'folder-twice \u00c9t\u00e9: is composed (NFC), and another folder of the same name is decomposed (NFD)',
    ]);
  });

  it('ends with links in circles, of files and of folders', async () => {
    await symlink('c.jpg', join(root, 'one/good/b.jpg'));
    await symlink('b.jpg', join(root, 'one/good/c.jpg'));
    await symlink('.', join(root, 'circle'));
    await symlink('..', join(root, 'one/good/up'));
    const { files, found } = await scanned();
    assert.deepEqual(files, ['one/bad/a.jpg', 'one/good/a.jpg']);
    assert.deepEqual(found, [
      'label-missing circle: has no folder bad/',
      'label-missing circle: has no folder good/',
      'unexpected circle/circle: is neither good/, bad/ nor scores.csv',
      'unexpected circle/one: is neither good/, bad/ nor scores.csv',
      'unreadable one/good/b.jpg: cannot be opened (ELOOP)',
      'unreadable one/good/c.jpg: cannot be opened (ELOOP)',
      'not-a-file one/good/up: is a folder among photos',
    ]);
  });

  it('takes a folder that is a link inside the set, and refuses one that leaves it', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'emo-aen-outside-'));
    await symlink('one', join(root, 'same'));
    await symlink(outside, join(root, 'other'));
    const { files, found } = await scanned();
    await rm(outside, { recursive: true });
    assert.deepEqual(files, ['one/bad/a.jpg', 'one/good/a.jpg', 'same/bad/a.jpg', 'same/good/a.jpg']);
    assert.deepEqual(found, ['link-outside other: is a symbolic link that leaves the photo root']);
  });

  it('does not open a pipe, whatever its name', async () => {
    execFileSync('mkfifo', [join(root, 'one/good/pipe.jpg'), join(root, 'pipe')]);
    assert.deepEqual(await scanned(), {
      files: ['one/bad/a.jpg', 'one/good/a.jpg'],
      found: ['not-a-file one/good/pipe.jpg: is a device, pipe or socket'],
    });
  });

  it('tells of folders that cannot be read', async function () {
    if (process.getuid?.() === 0) {
      console.error('SKIPPED: scanPhotos: root reads every folder');
      this.skip();
    }
    await put(root, 'two/good/a.jpg', 'x');
    await chmod(join(root, 'one/good'), 0);
    await chmod(join(root, 'two'), 0);
    const { found } = await scanned();
    await chmod(join(root, 'one/good'), 0o755);
    await chmod(join(root, 'two'), 0o755);
    assert.deepEqual(found, ['unreadable one/good: is a folder that cannot be read', 'unreadable two: is a folder that cannot be read']);
  });

  it('tells of a root with a name of 5,000 characters, and takes the longest names that there are', async () => {
    const { findings } = await scanPhotos(join(root, 'x'.repeat(5_000)));
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['root-missing'],
    );
    const longest = `${'x'.repeat(251)}.jpg`;
    await put(root, `one/good/${longest}`, 'x');
    assert.ok((await scanned()).files.includes(`one/good/${longest}`));
  });

  it('takes names that differ in case as two, where the file system does', async function () {
    await put(root, 'one/good/A.jpg', 'y');
    const { files } = await scanned();
    if (!files.includes('one/good/A.jpg')) {
      console.error('SKIPPED: scanPhotos: this file system does not tell A from a');
      this.skip();
    }
    assert.deepEqual(files, ['one/bad/a.jpg', 'one/good/A.jpg', 'one/good/a.jpg']);
  });

  it('takes a folder of 20,000 files', async function () {
    this.timeout(60_000);
    const many = join(root, 'many/good');
    await mkdir(many, { recursive: true });
    await put(root, 'many/bad/0.jpg', 'x');
    for (let from = 0; from < 20_000; from += 500)
      await Promise.all(Array.from({ length: 500 }, (_, place) => writeFile(join(many, `${from + place}.jpg`), '')));
    const { photos, findings } = await scanPhotos(root);
    assert.equal(photos.length, 20_003);
    assert.deepEqual(findings, []);
  });
});
