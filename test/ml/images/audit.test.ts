import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { DatasetSettings } from '../../../configs/schema/dataset.js';
import { auditPhotos, type AuditResult } from '../../../ml/images/audit.js';
import { DEGRADATIONS_FILE } from '../../../ml/images/scan.js';
import { madePhoto } from './made-photo.js';
import { picture, png, put, SETTINGS, soundProject } from './photo-set.js';

const SET = 'training_files';
/** A photo of the sound set, replaced or added to in the cases below. */
const A = `${SET}/one/good/a.png`;

interface Case {
  readonly name: string;
  readonly change: (root: string) => Promise<void>;
  readonly settings?: DatasetSettings;
  /** Every finding: its code and the file that it names. */
  readonly finds: readonly (readonly [code: string, file: string, message?: RegExp])[];
}

const jpeg = async (number = 50): Promise<Buffer> => (await picture(number)).jpeg({ quality: 92 }).toBuffer();
const replaced =
  (make: () => Promise<string | Uint8Array> | string | Uint8Array, extension = '.png') =>
  async (root: string) => {
    await rm(join(root, A));
    await put(root, A.replace('.png', extension), await make());
  };
const inA = (code: string, message: RegExp = /./, extension = '.png'): Case['finds'] => [[code, `one/good/a${extension}`, message]];

/** Which libwebp decodes without a word. */
async function webpWithHole(): Promise<Buffer> {
  const bytes = await sharp(await madePhoto(50))
    .webp({ quality: 90 })
    .toBuffer();
  return bytes.fill(0, bytes.length >> 1, (bytes.length >> 1) + 1024);
}

/** A PNG chunk with its checksum. */
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  let crc = 0xffffffff;
  for (const byte of body) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  const words = Buffer.alloc(8);
  words.writeUInt32BE(data.length, 0);
  words.writeUInt32BE((crc ^ 0xffffffff) >>> 0, 4);
  return Buffer.concat([words.subarray(0, 4), body, words.subarray(4)]);
}

async function animatedPng(): Promise<Buffer> {
  const still = await png(50);
  const behindHeader = 8 + 25;
  const control = Buffer.alloc(8);
  control.writeUInt32BE(2, 0);
  return Buffer.concat([still.subarray(0, behindHeader), chunk('acTL', control), still.subarray(behindHeader)]);
}

async function withHole(): Promise<Buffer> {
  const bytes = await (await picture(50, 900, 900)).ensureAlpha().removeAlpha().jpeg({ quality: 98 }).toBuffer();
  return Buffer.concat([bytes.subarray(0, bytes.length >> 1), Buffer.alloc(1024), bytes.subarray((bytes.length >> 1) + 1024)]);
}

/** A photo with a hole in its middle that shows what is behind. */
async function clear(side: number): Promise<Buffer> {
  const { data, info } = await (await picture(51, side, side)).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  data[4 * Math.floor(data.length / 8) + 3] = 0;
  return sharp(data, { raw: { width: info.width, height: info.height, channels: 4 } })
    .png()
    .toBuffer();
}

const FILES: readonly Case[] = [
  { name: 'text named .png', change: replaced(() => 'no picture'), finds: inA('not-an-image') },
  { name: 'a file of 0 bytes', change: replaced(() => ''), finds: inA('empty') },
  {
    name: 'a JPEG without its last two bytes',
    change: replaced(async () => (await jpeg()).subarray(0, -2), '.jpg'),
    finds: inA('truncated', /./, '.jpg'),
  },
  { name: 'half a JPEG', change: replaced(async () => (await jpeg()).subarray(0, 4000), '.jpg'), finds: inA('truncated', /./, '.jpg') },
  { name: 'a PNG without its last chunk', change: replaced(async () => (await png(50)).subarray(0, -12)), finds: inA('truncated') },
  { name: 'a JPEG with a hole in its middle', change: replaced(withHole, '.JPEG'), finds: inA('damaged', /./, '.JPEG') },
  {
    name: 'a WebP with a hole in its middle',
    change: replaced(webpWithHole, '.webp'),
    finds: inA('damaged', /cannot be decoded as a whole \(its data go on behind the last pixel\)/, '.webp'),
  },
  {
    name: 'a picture of 1 x 1',
    change: replaced(() =>
      sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
        .png()
        .toBuffer(),
    ),
    finds: [...inA('too-small', /1 x 1/), ...inA('uniform')],
  },
  { name: 'a shortest side of 223', change: replaced(() => png(50, 400, 223)), finds: inA('too-small', /400 x 223/) },
  {
    name: 'CMYK',
    change: replaced(async () => (await picture(50)).toColourspace('cmyk').jpeg().toBuffer(), '.jpg'),
    finds: inA('not-srgb', /CMYK/, '.jpg'),
  },
  {
    name: '16 bits a channel',
    change: replaced(async () => (await picture(50)).toColourspace('rgb16').png().toBuffer()),
    finds: inA('not-srgb', /16 bits/),
  },
  { name: 'grey', change: replaced(async () => (await picture(50)).toColourspace('b-w').png().toBuffer()), finds: inA('not-srgb', /grey/) },
  {
    name: 'Display-P3',
    change: replaced(async () => (await picture(50)).withIccProfile('p3').jpeg().toBuffer(), '.jpg'),
    finds: inA('not-srgb', /colour profile "sP3C"/, '.jpg'),
  },
  {
    name: 'an animated WebP',
    change: replaced(
      async () =>
        sharp([await png(50), await png(51)], { join: { animated: true } })
          .webp()
          .toBuffer(),
      '.webp',
    ),
    finds: inA('animated', /2 pictures/, '.webp'),
  },
  { name: 'an animated PNG', change: replaced(animatedPng), finds: inA('animated') },
  {
    // Its sides are those of a million circles: a loader of drawings needs minutes for the header alone.
    name: 'SVG named .png, which is not opened',
    change: replaced(() => {
      const circles = Array.from({ length: 6 }, (_, n) => `<g id="a${n + 1}">${`<use href="#a${n}"/>`.repeat(10)}</g>`);
      return `<svg xmlns="http://www.w3.org/2000/svg"><defs><circle id="a0" r="9"/>${circles.join('')}</defs><use href="#a6"/></svg>`;
    }),
    finds: inA('wrong-format', /is SVG, which cannot be read here/),
  },
  {
    name: 'one colour all over',
    change: replaced(() =>
      sharp({ create: { width: 240, height: 230, channels: 3, background: '#777' } })
        .png()
        .toBuffer(),
    ),
    finds: inA('uniform', /differ by 0\.0/),
  },
  {
    name: 'one transparent pixel',
    change: replaced(async () => {
      const { data, info } = await (await picture(50)).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
      data[4 * 1234 + 3] = 254;
      return sharp(data, { raw: { width: info.width, height: info.height, channels: 4 } })
        .png()
        .toBuffer();
    }),
    finds: inA('transparent'),
  },
  { name: 'transparency', change: replaced(async () => (await picture(50)).ensureAlpha(0.5).png().toBuffer()), finds: inA('transparent') },
  {
    name: 'bytes behind the picture',
    change: replaced(async () => Buffer.concat([await jpeg(), Buffer.from('tail')]), '.jpg'),
    finds: inA('trailing-bytes', /4 bytes/, '.jpg'),
  },
  {
    name: 'more pixels than the limit',
    change: replaced(() => png(50, 400, 400)),
    settings: { ...SETTINGS, photos: { ...SETTINGS.photos, maxPixels: 399 * 400 } },
    finds: inA('too-many-pixels', /400 x 400/),
  },
  {
    name: 'more bytes than any photo can have',
    change: replaced(() => Buffer.alloc(4 * 60_000 + 1)),
    settings: { ...SETTINGS, photos: { ...SETTINGS.photos, maxPixels: 60_000 } },
    finds: inA('too-many-bytes'),
  },
  {
    name: 'a link that leaves the set',
    change: async (root) => {
      await rename(join(root, A), join(root, 'elsewhere.png'));
      await symlink(join(root, 'elsewhere.png'), join(root, A));
    },
    finds: [
      ['link-outside', 'one/good/a.png'],
      ['unpaired', 'one/bad/a.png'],
    ],
  },
  {
    name: 'a link to nothing',
    change: async (root) => {
      await rm(join(root, A));
      await symlink('nowhere.png', join(root, A));
    },
    finds: [
      ['unreadable', 'one/good/a.png'],
      ['unpaired', 'one/bad/a.png'],
    ],
  },
  {
    name: 'a pipe named .png',
    change: async (root) => {
      await rm(join(root, A));
      execFileSync('mkfifo', [join(root, A)]);
    },
    finds: [
      ['not-a-file', 'one/good/a.png'],
      ['unpaired', 'one/bad/a.png'],
    ],
  },
];

const LAYOUT: readonly Case[] = [
  {
    name: 'a folder without bad/',
    change: (root) => rm(join(root, SET, 'one', 'bad'), { recursive: true }),
    finds: [
      ['label-missing', 'one', /bad\//],
      ['unpaired', 'one/good/a.png'],
      ['unpaired', 'one/good/b.png'],
    ],
  },
  {
    name: 'an empty folder',
    change: async (root) => void (await mkdir(join(root, SET, 'four'))),
    finds: [
      ['label-missing', 'four', /bad\//],
      ['label-missing', 'four', /good\//],
    ],
  },
  {
    name: 'empty good/ and bad/',
    change: async (root) => {
      for (const label of ['good', 'bad']) await mkdir(join(root, SET, 'four', label), { recursive: true });
    },
    finds: [
      ['label-empty', 'four/bad'],
      ['label-empty', 'four/good'],
    ],
  },
  {
    name: 'no photo root',
    change: (root) => rm(join(root, SET), { recursive: true }),
    finds: [
      ['root-missing', '.'],
      ...['one', 'two', 'three'].map((folder) => ['split-of-nothing', 'docs/splits.json', new RegExp(`"${folder}"`)] as const),
      ...['train', 'val', 'test'].map((split) => ['split-empty', 'docs/splits.json', new RegExp(split)] as const),
    ],
  },
  {
    name: 'a file that is none of ours in a scene',
    change: (root) => put(root, `${SET}/one/notes.txt`, ''),
    finds: [['unexpected', 'one/notes.txt']],
  },
  { name: 'a photo without a partner', change: (root) => rm(join(root, SET, 'one/bad/a.png')), finds: inA('unpaired', /"one\/bad"/) },
  {
    name: 'one name with two extensions',
    change: async (root) => put(root, `${SET}/one/good/a.jpg`, await jpeg()),
    finds: inA('stem-twice', /a\.jpg/),
  },
  {
    name: 'the same bytes as good and as bad',
    change: (root) => cp(join(root, A), join(root, SET, 'one/bad/a.png')),
    finds: [
      ['good-equals-bad', 'one/bad/a.png'],
      ['good-equals-bad', 'one/good/a.png'],
    ],
  },
];

const ACROSS: readonly Case[] = [
  {
    name: 'a splits file that names a folder that is not there',
    change: (root) => put(root, 'docs/splits.json', JSON.stringify({ one: 'train', two: 'val', three: 'test', four: 'train' })),
    finds: [['split-of-nothing', 'docs/splits.json', /"four"/]],
  },
  {
    name: 'a folder without a split',
    change: (root) => put(root, 'docs/splits.json', JSON.stringify({ one: 'train', two: 'val' })),
    finds: [
      ['without-split', 'three'],
      ['split-empty', 'docs/splits.json', /test/],
    ],
  },
  {
    name: 'no splits file',
    change: (root) => rm(join(root, 'docs/splits.json')),
    finds: [['splits-missing', 'docs/splits.json']],
  },
  {
    name: 'splits locked to another set',
    change: (root) =>
      put(
        root,
        'docs/splits.json',
        JSON.stringify({ version: 1, datasetHash: '0'.repeat(64), splits: { one: 'train', two: 'val', three: 'test' } }),
      ),
    finds: [['splits-locked-to-another-set', 'docs/splits.json']],
  },
  {
    name: 'the same photo in two splits',
    change: async (root) => {
      await cp(join(root, A), join(root, SET, 'two/good/c.png'));
      await put(root, `${SET}/two/bad/c.png`, await png(60));
    },
    finds: [
      ['same-photo-in-two-splits', 'one/good/a.png', /is in train .* in val/],
      ['same-photo-in-two-splits', 'two/good/c.png', /is in val .* in train/],
    ],
  },
  {
    name: 'a smaller JPEG of a photo in another split',
    change: async (root) => {
      await put(root, `${SET}/one/good/c.png`, await png(61, 600, 600));
      await put(root, `${SET}/one/bad/c.png`, await png(62, 600, 600));
      await put(
        root,
        `${SET}/three/good/c.jpg`,
        await sharp(await png(61, 600, 600))
          .resize(300)
          .jpeg({ quality: 60 })
          .toBuffer(),
      );
      await put(root, `${SET}/three/bad/c.png`, await png(63, 300, 300));
    },
    finds: [
      ['near-copy-in-two-splits', 'one/good/c.png', /three\/good\/c\.jpg/],
      ['near-copy-in-two-splits', 'three/good/c.jpg', /one\/good\/c\.png/],
    ],
  },
  {
    name: 'a score for a photo that is not there',
    change: (root) => put(root, `${SET}/one/scores.csv`, 'file,score\ngood/a.png,4.5\ngood/z.png,3\n'),
    finds: [
      ['bad-scores', 'one/scores.csv', /line 3: .*good\/z\.png/],
      ['scores-incomplete', 'one/scores.csv', /1 of 4/],
    ],
  },
  {
    name: 'a record of degradations that is none',
    change: (root) => put(root, `${SET}/${DEGRADATIONS_FILE}`, '{'),
    finds: [['bad-record', DEGRADATIONS_FILE]],
  },
];

describe('auditPhotos', () => {
  let root: string;
  beforeEach(async () => void (root = await soundProject()));
  afterEach(() => rm(root, { recursive: true }));
  const audited = (settings = SETTINGS): Promise<AuditResult> => auditPhotos({ root, settings });

  for (const { name, change, settings, finds } of [...FILES, ...LAYOUT, ...ACROSS]) {
    it(`finds ${name}, and nothing else`, async () => {
      await change(root);
      const { report, dataset } = await audited(settings);
      const found = report.findings.map(({ code, file }) => `${code} ${file}`);
      assert.deepEqual(found.sort(), finds.map(([code, file]) => `${code} ${file}`).sort());
      for (const [code, file, message] of finds) {
        if (message === undefined) continue;
        assert.ok(
          report.findings.some((found) => found.code === code && found.file === file && message.test(found.message)),
          `${code} ${file} ${message}: ${JSON.stringify(report.findings)}`,
        );
      }
      const errors = report.findings.filter(({ severity }) => severity === 'error').length;
      assert.deepEqual([report.ok, dataset !== null, report.errors], [errors === 0, errors === 0, errors]);
      assert.ok(report.findings.every(({ cure }) => cure.length > 0));
    });
  }

  it('makes an index of a sound set: photos in order, with split, digest and size', async () => {
    await put(root, `${SET}/two/scores.csv`, 'file,mean opinion score,deviation,count\ngood/a.png,4.25,0.5,12\nbad/b.png,1\n');
    const progress: number[][] = [];
    const { report, dataset } = await auditPhotos({ root, settings: SETTINGS, onPhoto: (done, total) => progress.push([done, total]) });
    assert.deepEqual(report.findings, []);
    assert.deepEqual([report.photos, report.folders, report.scored, report.synthetic], [12, 3, 2, false]);
    assert.deepEqual(report.pairs, { train: 2, val: 2, test: 2 });
    assert.deepEqual(progress.at(-1), [12, 12]);
    assert.ok(dataset);
    assert.equal(dataset.photos[0]?.file, 'one/bad/a.png');
    assert.deepEqual(
      dataset.photos.map(({ file }) => file),
      dataset.photos.map(({ file }) => file).sort(),
    );
    const [photo] = dataset.photos.filter(({ file }) => file === 'two/good/a.png');
    const sha256 = createHash('sha256')
      .update(await readFile(join(root, SET, 'two/good/a.png')))
      .digest('hex');
    assert.deepEqual(photo, {
      file: 'two/good/a.png',
      folder: 'two',
      label: 'good',
      split: 'val',
      sha256,
      width: 240,
      height: 230,
      score: 4.25,
      deviation: 0.5,
      count: 12,
    });
    const other = dataset.photos.find(({ file }) => file === 'two/bad/b.png');
    assert.deepEqual([other?.score, other?.deviation, other?.count], [1, undefined, undefined]);
  });

  it('gives one hash for the set, which changes with a byte, a name and nothing else', async () => {
    const before = (await audited()).report.hash;
    assert.equal((await audited()).report.hash, before);
    await rename(join(root, SET, 'one/good/b.png'), join(root, SET, 'one/good/c.png'));
    const renamed = (await audited()).report.hash;
    await rename(join(root, SET, 'one/good/c.png'), join(root, SET, 'one/good/b.png'));
    await put(root, A, await png(70));
    const altered = (await audited()).report.hash;
    assert.equal(new Set([before, renamed, altered]).size, 3);
  });

  it('takes any name: spaces, quotes, line breaks, other scripts, composed or not', async () => {
    const names = ['my photo', `it's "quoted"`, 'two\nlines', '写真', 'фото', '-rf', '`tick`', 'a|b', 'Zoe\u0308'];
    let number = 80;
    for (const name of names) {
      await put(root, `${SET}/one/good/${name}.png`, await png(number++));
      await put(root, `${SET}/one/bad/${name.normalize('NFC')}.png`, await png(number++));
    }
    const odd = 'a folder "of" ones\nown ☀';
    await put(root, `${SET}/${odd}/good/a.png`, await png(number++));
    await put(root, `${SET}/${odd}/bad/a.png`, await png(number++));
    await put(root, 'docs/splits.json', JSON.stringify({ one: 'train', two: 'val', three: 'test', [odd]: 'train' }));
    const { report, dataset } = await audited();
    assert.deepEqual(report.findings, []);
    assert.equal(dataset?.photos.length, 12 + 2 * names.length + 2);
    assert.equal(report.pairs?.train, 2 + names.length + 1);
  });

  it('takes a photo that EXIF rotates, and counts its sides upright', async () => {
    await put(root, A, await (await picture(50, 230, 240)).withMetadata({ orientation: 6 }).jpeg().toBuffer());
    const { report, dataset } = await audited();
    assert.deepEqual(
      report.findings.map(({ code, message }) => `${code} ${message}`),
      ['wrong-extension is JPEG and is named .png', 'turned is stored turned or mirrored (EXIF orientation 6)'],
    );
    const photo = dataset?.photos.find(({ file }) => file === 'one/good/a.png');
    assert.deepEqual([photo?.width, photo?.height], [240, 230]);
  });

  it('in fast mode says what it cannot see, finds a hole and transparency all the same, and leaves nothing that a full audit would take for its own', async () => {
    const found = ({ report }: Awaited<ReturnType<typeof auditPhotos>>): string[] =>
      report.findings.map(({ code, file }) => `${code} ${file}`);
    await put(root, `${SET}/one/good/c.jpg`, await withHole());
    await put(root, `${SET}/one/bad/c.png`, await clear(900));
    const fast = await auditPhotos({ root, settings: SETTINGS, mode: 'fast' });
    assert.equal(fast.report.mode, 'fast');
    assert.match(fast.report.unseen.join(), /same pixels are there twice/);
    assert.deepEqual(found(fast), ['transparent one/bad/c.png', 'damaged one/good/c.jpg']);
    assert.deepEqual(found(await audited()), found(fast));
  });

  it('takes opaque alpha, WebP, AVIF, TIFF, a tagged sRGB photo, and a link inside the set', async () => {
    const good = `${SET}/one/good`;
    const makers: Record<string, () => Promise<Buffer>> = {
      'alpha.png': async () => (await picture(90)).ensureAlpha().png().toBuffer(),
      'webp.webp': async () => (await picture(91)).webp().toBuffer(),
      'avif.avif': async () => (await picture(92)).avif().toBuffer(),
      'tiff.tif': async () => (await picture(93)).tiff().toBuffer(),
      'srgb.jpg': async () => (await picture(94)).withIccProfile('srgb').jpeg().toBuffer(),
    };
    let number = 100;
    for (const [name, make] of Object.entries(makers)) {
      await put(root, `${good}/${name}`, await make());
      await put(root, `${SET}/one/bad/${name.split('.')[0] ?? ''}.png`, await png(number++));
    }
    await symlink('alpha.png', join(root, good, 'link.png'));
    await put(root, `${SET}/one/bad/link.png`, await png(number));
    assert.deepEqual(
      (await audited()).report.findings.map(({ code, file }) => `${code} ${file}`),
      ['same-photo-twice one/good/link.png'], // a link is the photo a second time
    );
  });

  it('asks for no partners with pairing cross', async () => {
    await rm(join(root, SET, 'one/bad/a.png'));
    const { report } = await audited({ ...SETTINGS, pairs: { ...SETTINGS.pairs, pairing: 'cross' } });
    assert.deepEqual([report.findings, report.pairs?.train], [[], 2]);
  });

  it('stops when it is told to, with the reason', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const running = auditPhotos({ root, settings: SETTINGS, signal: stop.signal, onPhoto: () => stop.abort(reason) });
    await assert.rejects(running, reason);
  });
});
