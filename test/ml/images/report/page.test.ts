import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { link, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { AuditReport } from '../../../../configs/schema/audit.js';
import { finding, FINDINGS, type FindingCode } from '../../../../ml/images/findings.js';
import { reportPage } from '../../../../ml/images/report/page.js';
import { png, put } from '../photo-set.js';
import { madeFindings, madeReport } from './made-report.js';

const count = (page: string, pattern: RegExp): number => [...page.matchAll(pattern)].length;

describe('reportPage', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-page-'));
    await put(root, 'one/good/a.png', await png(1));
    await put(
      root,
      'one/good/half.jpg',
      (
        await sharp(await png(2, 600, 400))
          .jpeg()
          .toBuffer()
      ).subarray(0, 6_000),
    );
    execFileSync('mkfifo', [join(root, 'one/good/pipe.png')]);
  });
  after(() => rm(root, { recursive: true }));
  const made = (report: AuditReport): Promise<string> => reportPage(report, { photoRoot: root, maxPixels: 1e6 });

  it('shows a finding with its picture, a damaged photo as far as it goes, and a file without a picture as a box that says why', async () => {
    const page = await made(
      madeReport([
        finding('turned', 'one/good/a.png', 'is stored turned'),
        finding('truncated', 'one/good/half.jpg', 'breaks off'),
        finding('damaged', 'one/good/gone.jpg', 'has a hole'),
        finding('not-a-file', 'one/good/pipe.png', 'is a pipe'),
        finding('splits-missing', 'docs/splits.json', 'is not there'),
      ]),
    );
    assert.equal(count(page, /<img\s+src="data:image\/webp;base64,[A-Za-z0-9+/=]+"\s+width="\d+"\s+height="\d+"\s+alt="Thumbnail"/g), 2);
    assert.match(page, /<div class="none">no picture: ENOENT<\/div>\s*<figcaption><bdi class="file">one\/good\/gone\.jpg/);
    assert.match(page, /<div class="none">not-a-file<\/div>\s*<figcaption><bdi class="file">one\/good\/pipe\.png/);
    assert.match(page, /<li><bdi class="file">docs\/splits\.json<\/bdi>: is not there/);
    assert.match(page, /class="verdict error">✗ 5 photos in 1 folder: 4 errors must be mended first/);
  });

  it('is sealed: no script, no address, a policy that allows its own style sheet and data pictures only', async () => {
    const page = await made(madeReport([finding('turned', 'one/good/a.png', 'is stored turned')]));
    assert.equal(count(page, /<script|\son\w+=|\sstyle=|https?:|url\(/g), 0);
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? '';
    const digest = createHash('sha256').update(style).digest('base64').replaceAll(/[+/=]/g, '\\$&');
    assert.match(
      page,
      new RegExp(`Content-Security-Policy" content="default-src &#39;none&#39;; img-src data:; style-src &#39;sha256-${digest}&#39;`),
    );
  });

  it('lets no file name become part of the page, and shows marks that turn the direction of writing', async () => {
    const name = `<script>alert(1)</script>"'&\u202egpj.\n.png`;
    const report = madeReport([finding('damaged', `one/good/${name}`, `is like "${name}"`)], {
      root: name,
      unseen: [name],
      clusters: [[`one/good/${name}`, 'one/bad/b.png']],
      rules: [{ by: 'bytes', rule: name, accuracy: 0.9, low: 0.8, high: 0.95, pairs: 40 }],
      counts: [{ name, values: [{ value: name, good: 1, bad: 2 }] }],
      distributions: [{ name, unit: name, bins: [{ from: 0, to: 1, good: 1, bad: 0 }] }],
      folderPairs: [{ folder: name, split: 'train', pairs: 1, weight: 1, perEpoch: 1 }],
    });
    const page = await made(report);
    assert.equal(count(page, /<script|\u202e|alert\(1\)<\//g), 0);
    assert.ok(count(page, /&#60;script&#62;alert\(1\)&#60;\/script&#62;&#34;&#39;&#38;\\u\{202e\}gpj\.\\n\.png/g) >= 10);
  });

  it('draws distributions, counts, rules, clusters, splits and pairs, each with its numbers', async () => {
    const size = { folders: 3, photos: 60, pairs: 30, interval: 0.28 };
    const page = await made(
      madeReport([], {
        splits: { train: size, val: size, test: { ...size, interval: null } },
        rules: [{ by: 'bytes', rule: 'the file with more bytes is the good one', accuracy: 0.75, low: 0.6, high: 0.85, pairs: 40 }],
        distributions: [
          {
            name: 'shortest side',
            unit: 'px',
            bins: [
              { from: 224, to: 500, good: 8, bad: 2 },
              { from: 500, to: 1000.5, good: 4, bad: 0 },
            ],
          },
        ],
        counts: [{ name: 'format', values: [{ value: 'jpeg', good: 10, bad: 12 }] }],
        clusters: [['one/good/a.png', 'one/bad/a.png']],
        folderPairs: Array.from({ length: 60 }, (_, number) => ({
          folder: `f${number}`,
          split: 'train',
          pairs: 9,
          weight: 0.5,
          perEpoch: 4,
        })),
      }),
    );
    const bars = [...page.matchAll(/<rect\s+class="(?:good|bad)"\s+x="([\d.]+)"\s+y="([\d.]+)"\s+width="[\d.]+"\s+height="([\d.]+)"/g)];
    assert.deepEqual(
      bars.map(([, , y, height]) => [Number(y), Number(height)]),
      [
        [0, 96],
        [72, 24],
        [48, 48],
        [96, 0],
      ],
    );
    assert.match(page, /<td class="number">8<\/td><td class="number">2<\/td>/);
    assert.match(page, /75\.0 %<\/td><td class="text">60\.0 % to 85\.0 %/);
    assert.match(page, /circle cx="75\.0"/);
    assert.match(page, /<td class="text">jpeg<\/td><td class="number">10/);
    assert.match(page, /Cluster 1 \(2 photos\)/);
    assert.match(page, /28\.0 %/);
    assert.match(page, /no pairs/);
    assert.equal(count(page, /<td class="text">f\d+<\/td>/g), 50);
    assert.match(page, /and 10 more: see audit\.json/);
    assert.match(page, /Nothing was found/);
  });

  it('gives the same page for the same report', async () => {
    const report = madeReport([finding('turned', 'one/good/a.png', 'is stored turned')]);
    assert.equal(await made(report), await made(report));
  });

  it('stops when it is told to, with the reason', async () => {
    const reason = new Error('enough');
    const report = madeReport([finding('turned', 'one/good/a.png', 'is stored turned')]);
    await assert.rejects(reportPage(report, { photoRoot: root, maxPixels: 1e6, signal: AbortSignal.abort(reason) }), reason);
  });
});

describe('reportPage of ten thousand findings and a thousand clusters', () => {
  /** Photos of noise, whose thumbnails are as large as any. */
  const PHOTOS = 1_000;
  let root: string;
  let page: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-page-'));
    await mkdir(join(root, 'one', 'good'), { recursive: true });
    const noise = sharp(randomBytes(300 * 300 * 3), { raw: { width: 300, height: 300, channels: 3 } });
    await noise.jpeg({ quality: 95 }).toFile(join(root, 'noise.jpg'));
    for (let number = 0; number < PHOTOS; number++) await link(join(root, 'noise.jpg'), join(root, 'one/good', `${number}.jpg`));
    const long = 'n'.repeat(5_000);
    const kinds = Object.keys(FINDINGS) as FindingCode[];
    const findings = kinds.flatMap((code) =>
      madeFindings(code, Math.ceil(10_000 / kinds.length)).map((found, number) => ({
        ...found,
        file: number < 24 ? `one/good/${number}.jpg` : `one/good/${long} ${number}.jpg`,
        message: `is wrong: ${long}`,
      })),
    );
    const clusters = Array.from({ length: 1_000 }, (_, cluster) =>
      Array.from({ length: 12 }, (_, number) => `one/good/${(8 * cluster + number) % PHOTOS}.jpg`),
    );
    page = await reportPage(madeReport(findings, { clusters }), { photoRoot: root, maxPixels: 1e6 });
  });
  after(() => rm(root, { recursive: true }));

  it('stays under five megabytes', () => {
    assert.ok(Buffer.byteLength(page) < 5e6, `${Buffer.byteLength(page)} bytes`);
  });

  it('has each kind once with examples, a folded list that ends, and where the others are', () => {
    const kinds = Object.keys(FINDINGS);
    assert.equal(count(page, /<h3 id="/g), kinds.length);
    for (const kind of kinds) assert.equal(count(page, new RegExp(`<a href="#${kind}">`, 'g')), 1, kind);
    assert.equal(count(page, /<details>\s*<summary>\d+ more<\/summary>/g), kinds.length);
    assert.equal(count(page, /<ul class="strip"/g), 50);
    assert.ok(page.includes('and 950 more: see audit.json'));
  });

  it('says where there was no room for a picture', () => {
    assert.ok(count(page, /<img /g) > 200);
    assert.ok(count(page, /no room for its picture/g) > 0);
    assert.equal(count(page, /<img |class="none"/g), 24 * Object.keys(FINDINGS).length + 50 * 8);
  });
});
