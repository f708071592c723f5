import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureInBrowser, type BrowserRequest } from '../../../ml/onnx/browser-latency.js';
import { exportNetwork } from '../../../ml/onnx/export.js';
import { encodeModel } from '../../../ml/onnx/messages.js';
import { skipWithoutChromium } from '../../web/without-chromium.js';
import { MINIMALISTIC, seededNetwork } from './seeded-network.js';

describe('latency of the exported models in a browser', function () {
  this.timeout(120_000);
  let folder: string;
  let model: string;
  const { PATH } = process.env;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'emo-aen-browser-'));
    model = join(folder, 'model.onnx');
    await writeFile(model, encodeModel(exportNetwork(seededNetwork(MINIMALISTIC), { opset: 17, crop: 32, metadata: {} })));
  });
  after(() => rm(folder, { recursive: true }));
  afterEach(() => void (process.env.PATH = PATH));

  const request = (path: string, more: Partial<BrowserRequest> = {}): BrowserRequest => ({
    models: new Map([
      ['onnx', model],
      ['onnx-int8', path],
    ]),
    crop: 32,
    runs: 4,
    signal: new AbortController().signal,
    progress: () => undefined,
    ...more,
  });

  it('is measured in turn, and load time and memory each alone', async function () {
    skipWithoutChromium(this);
    const told: string[] = [];
    const measured = await measureInBrowser(request(model, { progress: (done, total) => told.push(`${done} of ${total}`) }));
    assert.ok(!('missing' in measured), JSON.stringify(measured));
    const { browser, runtime, cpuThrottling, runs, timings } = measured;
    assert.match(browser, /^Chromium \d+/);
    assert.match(runtime, /^onnxruntime-web \d+\.\d+\.\d+, WebAssembly$/);
    assert.deepEqual([cpuThrottling, runs], [4, 4]);
    // Each model alone, opening all of them, three runs to warm up, four timed ones.
    assert.deepEqual(
      told,
      [...Array(10).keys()].map((done) => `${done} of 10`),
    );
    assert.deepEqual(
      timings.map(({ model: name, threads }) => [name, threads]),
      [
        ['onnx', 1],
        ['onnx-int8', 1],
      ],
    );
    assert.ok(
      timings.every(({ p50Ms, p95Ms, loadMs, peakMegabytes }) => p50Ms > 0 && p95Ms >= p50Ms && loadMs > 0 && (peakMegabytes ?? 0) > 30),
    );
    assert.equal(timings[0]?.ratio, 1);
  });

  it('is missing, in words, where the browser cannot run a model', async function () {
    skipWithoutChromium(this);
    const broken = join(folder, 'broken.onnx');
    await writeFile(broken, 'no model');
    const measured = await measureInBrowser(request(broken));
    assert.ok('missing' in measured, JSON.stringify(measured));
    assert.match(measured.missing, /^Chromium failed: .*\S/);
  });

  it('is missing, in words, where there is no Chromium', async () => {
    process.env.PATH = folder;
    assert.deepEqual(await measureInBrowser(request(model)), {
      missing: 'there is no Chromium on PATH (Debian: sudo apt-get install chromium)',
    });
  });

  it('ends with its browser where it is cancelled', async function () {
    skipWithoutChromium(this);
    const controller = new AbortController();
    const reason = new Error('cancelled');
    const progress = (done: number): void => {
      if (done === 1) setImmediate(() => controller.abort(reason));
    };
    await assert.rejects(measureInBrowser(request(model, { signal: controller.signal, progress })), reason);
  });
});
