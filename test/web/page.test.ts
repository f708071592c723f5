import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import sharp, { type Sharp } from 'sharp';
import { openBrowser } from '../../ml/browser/chromium.js';
import type { Stage } from '../activities/export/stage.js';
import { invoke } from '../cli/invoke.js';
import { serve, type Serving } from '../cli/serving.js';
import { avif, cicp, icc, iccp, jpegWith, P3_POINTS, plain } from '../ml/images/coloured-photos.js';
import { longs, withChunk } from '../ml/images/png-chunk.js';
import { type Change, changedBundle, judgedBy, publishSmall, rewriteModel, writePhotos } from './published.js';
import { skipWithoutChromium } from './without-chromium.js';

/** By which a score may differ from `emo-aen rank`'s, where the photos' scores lie 0.04 apart: pixels differ by a level here and there. */
const TOLERANCE = 0.001;
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

describe('the page in a browser', function () {
  let stage: Stage;
  let photos: string[];
  let browser: Browser;
  let serving: Serving;
  const closing: (() => Promise<unknown>)[] = [];
  const complaints: string[] = [];

  before(async function () {
    skipWithoutChromium(this);
    stage = await publishSmall();
    photos = await writePhotos(join(stage.root, 'photos'));
    browser = await openBrowser();
    serving = await serve(stage.root);
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  after(async () => {
    await serving?.end();
    await browser?.close();
    await stage?.remove();
  });

  /** A visitor who has never been here. All that the browser complains of, its security policy above all, is written down. */
  async function visit(url = serving.url, options: BrowserContextOptions = {}): Promise<{ page: Page; context: BrowserContext }> {
    const context = await browser.newContext({ viewport: DESKTOP, ...options });
    closing.push(() => context.close());
    complaints.length = 0;
    const page = await context.newPage();
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(url);
    return { page, context };
  }
  const status = (page: Page, text: string | RegExp): Promise<void> => page.getByRole('status').filter({ hasText: text }).waitFor();
  const choose = (page: Page, files: Parameters<Page['setInputFiles']>[1]): Promise<void> => page.setInputFiles('#choose', files);
  const rows = async (page: Page): Promise<{ name: string; score: number }[]> => {
    const [names, said] = await Promise.all([page.locator('.name').allTextContents(), page.locator('.said').allTextContents()]);
    return names.map((name, place) => ({ name, score: Number(/Score (\S+?)(,|$)/.exec(said[place] ?? '')?.[1]?.replace('−', '-')) }));
  };
  const alert = async (page: Page): Promise<string> => {
    await page.getByRole('alert').waitFor();
    return page.getByRole('alert').innerText();
  };
  async function serveOther(change: Change): Promise<string> {
    const bundle = await mkdtemp(join(tmpdir(), 'emo-aen-bundle-'));
    closing.push(() => rm(bundle, { recursive: true }));
    await changedBundle(join(stage.root, 'models'), bundle, change);
    const other = await serve(stage.root, '--model', bundle);
    closing.push(() => other.end());
    return other.url;
  }

  it("gives each photo emo-aen rank's score, in its order, and breaks no rule of its security policy", async () => {
    const { stdout } = await invoke('rank', ...photos, '--root', stage.root, '--json');
    const expected = (JSON.parse(stdout) as { photos: { file: string; score: number }[] }).photos;
    // The page would take the model whose weights are in INT8; rank takes that in float32.
    const { page } = await visit(
      await serveOther((manifest) => void Object.assign(manifest, { files: manifest.files.filter(({ name }) => name !== 'int8-weights') })),
    );
    await choose(page, photos);
    await status(page, '6 photos ranked');
    assert.match(await page.locator('#model').innerText(), /float32/);
    const ranked = await rows(page);
    assert.deepEqual(
      ranked.map(({ name }) => name),
      expected.map(({ file }) => basename(file)),
    );
    const differences = ranked.map(({ score }, place) => Math.abs(score - (expected[place]?.score ?? NaN)));
    assert.ok(Math.max(...differences) < TOLERANCE, differences.join(' '));
    assert.deepEqual(complaints, []);
  });

  it('sees colours as emo-aen rank does, whatever says what they are, and refuses what it refuses in its words', async () => {
    const [png, folder] = [await plain(), await mkdtemp(join(tmpdir(), 'emo-aen-colours-'))];
    closing.push(() => rm(folder, { recursive: true }));
    const made: Readonly<Record<string, Buffer>> = {
      'p3.png': withChunk(png, 'cICP', cicp(12, 13, 0, 1)),
      'pq.png': withChunk(png, 'cICP', cicp(9, 16, 0, 1)),
      'narrow.png': withChunk(png, 'cICP', cicp(1, 13, 0, 0)),
      'srgb-first.png': withChunk(withChunk(png, 'iCCP', iccp(await icc('p3'))), 'cICP', cicp(1, 13, 0, 1)),
      'linear.png': withChunk(png, 'gAMA', longs(100_000)),
      'points.png': withChunk(png, 'cHRM', longs(...P3_POINTS)),
      'profile.png': withChunk(png, 'iCCP', iccp(await icc('p3'))),
      'hlg.avif': await avif(9, 18),
      'adobe.jpg': await jpegWith(0xffff, 'R03'),
      'logarithmic.png': withChunk(png, 'cICP', cicp(9, 9, 0, 1)),
    };
    const files = Object.keys(made).map((name) => join(folder, name));
    for (const [name, bytes] of Object.entries(made)) await writeFile(join(folder, name), bytes);
    const { stdout } = await invoke('rank', ...files, '--root', stage.root, '--json');
    const answer = JSON.parse(stdout) as { photos: { file: string; score: number }[]; refused: { message: string }[] };
    const expected = new Map(answer.photos.map(({ file, score }) => [basename(file), score]));
    const { page } = await visit(
      await serveOther((manifest) => void Object.assign(manifest, { files: manifest.files.filter(({ name }) => name !== 'int8-weights') })),
    );
    await choose(page, files);
    await status(page, '9 photos ranked');
    const ranked = await rows(page);
    const differences = ranked.map(({ name, score }) => [name, Math.abs(score - (expected.get(name) ?? NaN))] as const);
    assert.deepEqual([differences.length, differences.filter(([, difference]) => !(difference < TOLERANCE))], [9, []]);
    const [refused] = answer.refused;
    assert.match(refused?.message ?? '', /^carries the colour numbers 9\/9 .*, which cannot be used$/);
    assert.ok((await page.locator('body').innerText()).includes(refused?.message ?? 'nothing is refused'));
  });

  it('takes the model whose weights are in INT8 where there is one, and scores nearly the same', async () => {
    const { stdout } = await invoke('rank', ...photos, '--root', stage.root, '--json');
    const expected = new Map(
      (JSON.parse(stdout) as { photos: { file: string; score: number }[] }).photos.map(({ file, score }) => [basename(file), score]),
    );
    const { page } = await visit();
    await choose(page, photos);
    await status(page, '6 photos ranked');
    assert.match(await page.locator('#model').innerText(), /weights in INT8/);
    for (const { name, score } of await rows(page))
      assert.ok(Math.abs(score - (expected.get(name) ?? NaN)) < 5 * TOLERANCE, `${name} ${score}`);
  });

  for (const runtime of ['wasm', 'wasm-threads'])
    it(`runs in the runtime ${runtime} where asked`, async () => {
      const { page } = await visit(`${serving.url}?runtime=${runtime}`);
      await status(page, 'Ready');
      assert.match(await page.locator('#model').innerText(), runtime === 'wasm' ? /WebAssembly, 1 thread/ : /WebAssembly, [2-4] threads/);
    });

  it('gives the same scores in WebGPU, here on a GPU that Chromium pretends to have', async () => {
    const scores = async (page: Page): Promise<number[]> => {
      await choose(page, photos.slice(0, 2));
      await status(page, '2 photos ranked');
      return (await rows(page)).map(({ score }) => score);
    };
    const expected = await scores((await visit()).page);
    const pretending = await openBrowser(['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader']);
    closing.push(() => pretending.close());
    const page = await pretending.newPage();
    await page.goto(`${serving.url}?runtime=webgpu`);
    const found = await scores(page);
    assert.match(await page.locator('#model').innerText(), /WebGPU/);
    found.forEach((score, place) =>
      assert.ok(Math.abs(score - (expected[place] ?? NaN)) < TOLERANCE, `${found.join()} ${expected.join()}`),
    );
  });

  it('talks to nobody but its own address', async () => {
    const context = await browser.newContext();
    closing.push(() => context.close());
    const asked: string[] = [];
    context.on('request', (request) => asked.push(request.url()));
    const page = await context.newPage();
    await page.goto(serving.url);
    await choose(page, photos.slice(0, 2));
    await status(page, '2 photos ranked');
    const elsewhere = asked.filter((url) => !url.startsWith(serving.url) && !url.startsWith('blob:'));
    assert.deepEqual(elsewhere, []);
    const refusals: string[] = [];
    page.on('console', (message) => refusals.push(message.text()));
    const reached = await page.evaluate("fetch('http://127.0.0.1:9/').then(String, () => 'refused')");
    assert.equal(reached, 'refused');
    assert.match(refusals.join(), /violates .*Content Security Policy/);
  });

  it('refuses a model of which one bit was changed, and one that was cut short', async () => {
    const altered = await visit(
      await serveOther((manifest, folder) =>
        rewriteModel(manifest, folder, (bytes) => {
          bytes[bytes.length - 100] = (bytes[bytes.length - 100] ?? 0) ^ 1;
          return bytes;
        }),
      ),
    );
    assert.match(await alert(altered.page), /emo_aen\S*\.onnx has the sha256 .* It was altered or cut short and is not used/);
    await status(altered.page, 'no photo can be ranked');
    assert.equal(await altered.page.locator('#choose').isDisabled(), true);
    const cut = await visit(await serveOther((manifest, folder) => rewriteModel(manifest, folder, (bytes) => bytes.subarray(0, 1000))));
    assert.match(await alert(cut.page), /emo_aen\S*\.onnx has 1000 bytes instead of \d+/);
  });

  it('refuses a manifest of a newer format, and one that leads out of the bundle', async () => {
    const newer = await visit(await serveOther((manifest) => void (manifest['format'] = 99)));
    assert.match(await alert(newer.page), /format 99/);
    const outside = await visit(await serveOther((manifest) => manifest.files.forEach((file) => (file.path = '../secret.onnx'))));
    assert.match(await alert(outside.page), /leads out of the bundle/);
  });

  it('says what to do where nothing is published', async () => {
    const bundle = await mkdtemp(join(tmpdir(), 'emo-aen-empty-'));
    closing.push(() => rm(bundle, { recursive: true }));
    const empty = await serve(stage.root, '--model', bundle);
    closing.push(() => empty.end());
    assert.match(empty.said(), /no model is published here[\s\S]*emo-aen run/);
    const { page } = await visit(empty.url);
    assert.match(await alert(page), /No model is published yet\. .*emo-aen run/);
  });

  it('says of each photo that it cannot rank why, and ranks the others', async () => {
    const image = (width: number, height: number): Sharp => sharp({ create: { width, height, channels: 3, background: '#357' } });
    const whole = await readFile(photos[2] ?? '');
    const broken = {
      'one.png': await image(1, 1).png().toBuffer(),
      'huge.png': await image(10_001, 10_000).png({ compressionLevel: 1 }).toBuffer(),
      'words.jpg': Buffer.from('no photo'),
      'empty.jpg': Buffer.alloc(0),
      'cut.png': whole.subarray(0, whole.length / 2),
      'phone.heic': Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic\0\0\0\0mif1heic')]),
    };
    const { page } = await visit();
    const files = Object.entries(broken).map(([name, buffer]) => ({ name, buffer, mimeType: '' }));
    await choose(page, [...files, { name: 'plain.jpg', mimeType: 'image/jpeg', buffer: await readFile(photos[0] ?? '') }]);
    await status(page, '1 photo ranked, the best is plain.jpg; 6 photos could not be ranked');
    const said = (await page.locator('#refused-list li').allInnerTexts()).join('\n');
    for (const expected of [
      /one\.png: 1 x 1 pixels are too few/,
      /huge\.png: 10001 x 10000 pixels are more than 100 megapixels/,
      /words\.jpg: This is no image/,
      /empty\.jpg: The file is empty/,
      /cut\.png: It breaks off before its end/,
      /phone\.heic: .*HEIC.*[Ss]ave it as JPEG/,
    ])
      assert.match(said, expected);
  });

  it('says which photos are too close to call, and why, where the manifest tells how test photos scored', async () => {
    const { page } = await visit(await serveOther((manifest) => judgedBy(manifest, 2)));
    await choose(page, photos.slice(0, 2));
    await status(page, '2 photos ranked');
    assert.match(
      await page.locator('.unsure').innerText(),
      /Too close to call: .* apart\. .* nearer than 2\.0000 were often in the wrong order/,
    );
    assert.match(await page.locator('.said').first().innerText(), /better than \d+ % of the test photos/);
  });

  it('works without a network after the first load', async () => {
    const other = await serve(stage.root);
    const { page, context } = await visit(other.url);
    await page.getByText('works without a network').waitFor();
    await other.end();
    await context.setOffline(true);
    await page.reload();
    await choose(page, photos.slice(0, 2));
    await status(page, '2 photos ranked');
    assert.match(await page.locator('#model').innerText(), /Without a network: this is the model of the last visit/);
  });

  it('fetches a kept file anew that was spoilt on the disk', async () => {
    const { page } = await visit();
    await status(page, 'Ready');
    const model = `const store = await caches.open('emo-aen-model');
      const request = (await store.keys()).find(({ url }) => url.endsWith('.onnx'));`;
    await page.evaluate(`(async () => { ${model} await store.put(request, new Response('spoilt')); })()`);
    await page.reload();
    await status(page, 'Ready');
    const kept = await page.evaluate<number>(
      `(async () => { ${model} return (await (await store.match(request)).arrayBuffer()).byteLength; })()`,
    );
    assert.ok(kept > 1000);
  });

  it('takes photos that are dropped on it', async () => {
    const { page } = await visit();
    await status(page, 'Ready');
    const bytes = await readFile(photos[0] ?? '', 'base64');
    const transfer = await page.evaluateHandle(`(() => {
      const dropped = new DataTransfer();
      const bytes = Uint8Array.from(atob('${bytes}'), (letter) => letter.charCodeAt(0));
      dropped.items.add(new File([bytes], 'dropped.jpg', { type: 'image/jpeg' }));
      return dropped;
    })()`);
    await page.dispatchEvent('#drop', 'drop', { dataTransfer: transfer });
    await status(page, '1 photo ranked, the best is dropped.jpg');
  });

  it('is used from the keyboard alone', async () => {
    const { page } = await visit();
    await status(page, 'Ready');
    const focused = (): Promise<string> => page.evaluate('document.activeElement.id');
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'choose');
    const chooser = page.waitForEvent('filechooser');
    // The browser is told of this wish in passing: once it answers the next question it knows, and a key does not come before it.
    await page.evaluate('0');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles(photos.slice(0, 2));
    await status(page, '2 photos ranked');
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'clear');
    await page.keyboard.press('Enter');
    await status(page, 'Ready');
    assert.equal(await page.locator('#ranking li').count(), 0);
    assert.equal(await focused(), 'choose');
  });

  it('has names and roles for a screen reader', async () => {
    const { page } = await visit();
    await choose(page, photos.slice(0, 2));
    await status(page, '2 photos ranked');
    const tree = await page.locator('body').ariaSnapshot();
    for (const expected of [
      /heading "Rank photos" \[level=1\]/,
      /button "Choose photos"/,
      /region "Ranking"/,
      /button "Remove all photos"/,
      /listitem/,
    ])
      assert.match(tree, expected);
  });

  for (const [name, options] of [
    ['desktop', { viewport: DESKTOP }],
    ['phone', { viewport: PHONE, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }],
    ['phone-dark', { viewport: PHONE, isMobile: true, hasTouch: true, deviceScaleFactor: 2, colorScheme: 'dark' }],
  ] as const)
    it(`fits the width of a ${name}`, async () => {
      const url = await serveOther((manifest) => judgedBy(manifest, 0.005));
      const { page } = await visit(url, options);
      const unreadable = join(stage.root, 'a-name-that-is-long-and-has-no-place-to-break-in-it-whatsoever-0123456789.jpg');
      await writeFile(unreadable, 'no photo');
      await choose(page, [...photos, unreadable]);
      await status(page, '6 photos ranked');
      const [scrollWidth = NaN, clientWidth = NaN] = await page.evaluate<number[]>(
        '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
      );
      assert.ok(scrollWidth <= clientWidth, `${scrollWidth} of ${clientWidth}`);
      const folder = process.env.EMO_AEN_SCREENSHOTS ?? stage.root;
      await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
    });
});
