/**
 * A stand-in for a phone: this machine's Chromium, ONNX Runtime Web in one thread of WebAssembly, the processor throttled to a quarter by
 * DevTools. It is no phone: memory, caches and instruction set are this machine's. The models run in turn in one page, so that their ratios
 * hold on a noisy machine; memory and load time, unthrottled, are each of a fresh browser. Nothing is served: the browser's requests are answered
 * from the disk, and it reaches no network.
 */
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page, Route } from 'playwright-core';
import { CLONE } from '../../configs/load/installation.js';
import type { BrowserLatency, Latency, Timing } from '../../configs/schema/evaluation.js';
import { findChromium, openBrowser } from '../browser/chromium.js';
import { peakOfRenderers } from '../browser/memory.js';
import { INPUT } from '../network/network.js';
import { median } from '../ranking/median.js';
import { percentile } from '../ranking/percentile.js';
import type { LatencyRequest } from './measure-latency.js';

export type BrowserRequest = Pick<LatencyRequest, 'models' | 'crop' | 'runs' | 'signal' | 'progress'>;

const THROTTLED = 4;
const WARM_UP = 3;
const PACKAGE = join(CLONE, 'node_modules', 'onnxruntime-web');
/** An address that nobody has. */
const ORIGIN = 'http://models.invalid';
/** What the page asks for, by the first part of the path; a model is called as parity calls it. */
const RUNTIME = 'ort';
const MODELS = 'models';
/** What the page calls before each run. */
const TELL = 'tellRun';
const TYPES: Readonly<Record<string, string>> = { mjs: 'text/javascript', wasm: 'application/wasm' };

/** Says why, instead of figures, where there is no Chromium or it fails. @throws `signal.reason` where it is aborted. */
export async function measureInBrowser(request: BrowserRequest): Promise<NonNullable<Latency['browser']>> {
  if (findChromium() === null) return { missing: 'there is no Chromium on PATH (Debian: sudo apt-get install chromium)' };
  try {
    return await measured(request);
  } catch (error) {
    request.signal.throwIfAborted();
    const [message] = error instanceof Error ? error.message.split('\n') : [String(error)];
    return { missing: `Chromium failed: ${message}` };
  }
}

async function measured({ models, crop, runs, signal, progress }: BrowserRequest): Promise<BrowserLatency> {
  const names = [...models.keys()];
  // A run of a throttled processor takes long: each one is told, or a slow machine would look like one that stands still.
  const steps = names.length + 1 + WARM_UP + runs;
  const given = { crop, runs, warmUp: WARM_UP, input: INPUT, models: names };
  const alone = new Map<string, { readonly loadMs: number; readonly peakMegabytes: number }>();
  for (const [step, name] of names.entries()) {
    progress(step, steps);
    const loaded = await inFreshBrowser(models, signal, async (page, browser) => {
      const loadMs = await page.evaluate<number>(script({ ...given, models: [name] }, LOAD));
      return { loadMs, peakMegabytes: await peakOfRenderers(browser) };
    });
    alone.set(name, loaded);
  }
  progress(names.length, steps);
  const { browser, times } = await inFreshBrowser(models, signal, async (page, opened) => {
    await page.exposeFunction(TELL, (run: number) => progress(names.length + 1 + WARM_UP + run, steps));
    const devTools = await page.context().newCDPSession(page);
    await devTools.send('Emulation.setCPUThrottlingRate', { rate: THROTTLED });
    return {
      browser: `Chromium ${opened.version()}`,
      times: await page.evaluate<Record<string, number[]>>(script(given, RUN_IN_TURN)),
    };
  });
  const float = times['onnx'] ?? [];
  const timings = names.map((model): Timing => {
    const own = times[model] ?? [];
    return {
      model,
      threads: 1,
      p50Ms: percentile(own, 0.5),
      p95Ms: percentile(own, 0.95),
      ratio: median(own.map((ms, run) => ms / (float[run] ?? NaN))),
      loadMs: alone.get(model)?.loadMs ?? NaN,
      peakMegabytes: alone.get(model)?.peakMegabytes ?? null,
    };
  });
  const { version } = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')) as { version: string };
  return {
    browser,
    runtime: `onnxruntime-web ${version}, WebAssembly`,
    processor: cpus()[0]?.model ?? 'unknown',
    cpuThrottling: THROTTLED,
    rounds: 1,
    runs,
    timings,
  };
}

async function inFreshBrowser<Result>(
  models: BrowserRequest['models'],
  signal: AbortSignal,
  work: (page: Page, browser: Browser) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  const browser = await openBrowser();
  const close = (): void => void browser.close();
  signal.addEventListener('abort', close);
  try {
    const page = await browser.newPage();
    await page.route('**/*', (route) => answer(route, models));
    await page.goto(`${ORIGIN}/`);
    return await work(page, browser);
  } finally {
    signal.removeEventListener('abort', close);
    await browser.close();
  }
}

async function answer(route: Route, models: BrowserRequest['models']): Promise<void> {
  const [, kind, name = ''] = new URL(route.request().url()).pathname.split('/');
  if (kind === RUNTIME) {
    const type = TYPES[name.split('.').at(-1) ?? ''] ?? 'text/plain';
    return route.fulfill({ body: await readFile(join(PACKAGE, 'dist', name)), contentType: type });
  }
  const model = kind === MODELS ? models.get(name as Timing['model']) : undefined;
  if (model !== undefined) return route.fulfill({ body: await readFile(model), contentType: 'application/octet-stream' });
  return route.fulfill({ body: '<!doctype html>', contentType: 'text/html' });
}

/** In the page's own thread, because it is that which DevTools throttles. */
const PREPARE = `
  const ort = await import('${ORIGIN}/${RUNTIME}/ort.wasm.min.mjs');
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = '${ORIGIN}/${RUNTIME}/';
  const open = async (name) => {
    const bytes = new Uint8Array(await (await fetch('${ORIGIN}/${MODELS}/' + name)).arrayBuffer());
    return ort.InferenceSession.create(bytes, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' });
  };
  let seed = 1;
  const { crop, input } = given;
  const pixels = Float32Array.from({ length: 3 * crop * crop }, () => (seed = (seed * 48271) % 2147483647) / 2147483647 * 4 - 2);
  const feeds = { [input]: new ort.Tensor('float32', pixels, [1, 3, crop, crop]) };
  const time = async (work) => {
    const begun = performance.now();
    await work();
    return performance.now() - begun;
  };
`;
/** From nothing to the first score. */
const LOAD = 'return time(async () => { await (await open(given.models[0])).run(feeds); });';
const RUN_IN_TURN = `
  const sessions = {};
  for (const name of given.models) sessions[name] = await open(name);
  const times = Object.fromEntries(given.models.map((name) => [name, []]));
  for (let run = -given.warmUp; run < given.runs; run++) {
    await ${TELL}(run);
    for (const [name, session] of Object.entries(sessions)) {
      const took = await time(() => session.run(feeds));
      if (run >= 0) times[name].push(took);
    }
  }
  return times;
`;

function script(given: object, work: string): string {
  return `(async () => { const given = ${JSON.stringify(given)}; ${PREPARE} ${work} })()`;
}
