/**
 * A stand-in for a phone: the machine's Chromium, ONNX Runtime Web in one thread of WebAssembly, the processor throttled to a quarter
 * by DevTools. It is no phone: memory, caches and instruction set are this machine's. The files of the bundle run in turn in one page, so that
 * their ratios hold on a noisy machine; memory and load time are each of a fresh browser.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { z } from 'zod';
import { SITE } from '../../cli/serve/built.js';
import { MANIFEST } from '../../ml/bundle/layout.js';
import { median } from '../../ml/ranking/median.js';
import { NOTHING, type Findings } from '../report.js';
import { openBrowser } from './chromium.js';
import { peakOfRenderers } from './memory.js';
import type { Note, Served, WebOptions } from './web.js';

/** What is measured, by the manifest's names. */
const FILES: Readonly<Record<string, string>> = { float: 'fp32', weightsInt8: 'int8-weights', staticInt8: 'int8' };
const THROTTLED = 4;
const RUNS = 20;
const WARM_UP = 3;

/** Only what this needs, so that any format will do. */
const Bundle = z.object({
  files: z.array(z.object({ name: z.string(), path: z.string() })),
  input: z.object({ name: z.string(), preprocessing: z.object({ crop: z.int() }) }),
});
type Bundle = z.infer<typeof Bundle>;

/** With where the site has ONNX Runtime Web: a folder that is named after its version. */
type Setting = Bundle & { readonly folder: string };

interface Alone {
  readonly loadMs: number;
  readonly peakMb: number;
}

export async function measurePhone({ url, bundle }: Served, { rounds }: WebOptions, note: Note): Promise<Findings> {
  const [version = ''] = await readdir(join(SITE, 'ort'));
  const read = Bundle.parse(JSON.parse(await readFile(join(bundle, MANIFEST), 'utf8')));
  const manifest: Setting = { ...read, folder: `ort/${version}` };
  const paths = Object.entries(FILES).flatMap(([name, file]): [string, string][] => {
    const found = manifest.files.find((candidate) => candidate.name === file);
    return found === undefined ? [] : [[name, found.path]];
  });
  const absent = Object.entries(FILES).filter(([name]) => !paths.some(([present]) => present === name));
  const missing = Object.fromEntries(absent.map(([name, file]) => [name, `the bundle has no file ${file}`]));
  const times = new Map(paths.map(([name]): [string, number[]] => [name, []]));
  const alone = new Map(paths.map(([name]): [string, Alone[]] => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [name, path] of paths) {
      note(`round ${round} of ${rounds}: loading ${name}`);
      alone.get(name)?.push(await inFreshBrowser(url, async (page, browser) => loadAlone(page, browser, path, manifest)));
    }
    note(`round ${round} of ${rounds}: ${paths.map(([name]) => name).join(', ')} in turn`);
    const measured = await inFreshBrowser(url, async (page) => runInTurn(page, Object.fromEntries(paths), manifest));
    for (const [name, values] of Object.entries(measured)) times.get(name)?.push(...values);
  }
  const medians = Object.fromEntries(
    paths.flatMap(([name]) => [
      [`${name}ThrottledMs`, median(times.get(name) ?? [])],
      [`${name}LoadMs`, median((alone.get(name) ?? []).map(({ loadMs }) => loadMs))],
      [`${name}PeakMb`, median((alone.get(name) ?? []).map(({ peakMb }) => peakMb))],
    ]),
  );
  const others = paths.filter(([name]) => name !== 'float' && times.has('float'));
  const ratios = Object.fromEntries(
    others.map(([name]) => [`${name}OfFloat`, (medians[`${name}ThrottledMs`] ?? NaN) / (medians['floatThrottledMs'] ?? NaN)]),
  );
  return { ...NOTHING, medians, ratios, missing };
}

async function inFreshBrowser<Result>(url: string, work: (page: Page, browser: Browser) => Promise<Result>): Promise<Result> {
  const browser = await openBrowser();
  try {
    const page = await browser.newPage();
    // The page itself would load a model of its own: an empty document of the same address does not.
    await page.goto(`${url}icon.svg`);
    return await work(page, browser);
  } finally {
    await browser.close();
  }
}

/** In the page's own thread, because it is that which DevTools throttles. `ort` is what the page's worker loads too. */
const PREPARE = `
  const base = location.origin + '/';
  const { folder, crop, input } = given;
  const ort = await import(base + folder + '/ort.wasm.min.mjs');
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = base + folder + '/';
  const open = async (path) => {
    const bytes = new Uint8Array(await (await fetch(base + 'models/' + path)).arrayBuffer());
    return ort.InferenceSession.create(bytes, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' });
  };
  let seed = 1;
  const pixels = Float32Array.from({ length: 3 * crop * crop }, () => (seed = (seed * 48271) % 2147483647) / 2147483647 * 4 - 2);
  const feeds = { [input]: new ort.Tensor('float32', pixels, [1, 3, crop, crop]) };
  const time = async (work) => {
    const begun = performance.now();
    await work();
    return performance.now() - begun;
  };
`;

function given({ input, folder }: Setting, more: object): string {
  const runtime = { folder, crop: input.preprocessing.crop, input: input.name };
  return `const given = ${JSON.stringify({ ...runtime, ...more })};`;
}

/** From nothing to the first score, unthrottled, and the most memory that a process of the page had. */
async function loadAlone(page: Page, browser: Browser, path: string, bundle: Setting): Promise<Alone> {
  const script = `(async () => { ${given(bundle, { path })} ${PREPARE}
    return time(async () => { await (await open(given.path)).run(feeds); });
  })()`;
  const loadMs = await page.evaluate<number>(script);
  return { loadMs, peakMb: await peakOfRenderers(browser) };
}

/** Milliseconds of each run, by name. */
async function runInTurn(page: Page, paths: Readonly<Record<string, string>>, bundle: Setting): Promise<Record<string, number[]>> {
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('Emulation.setCPUThrottlingRate', { rate: THROTTLED });
  return page.evaluate<Record<string, number[]>>(`(async () => { ${given(bundle, { paths })} ${PREPARE}
    const sessions = {};
    for (const [name, path] of Object.entries(given.paths)) sessions[name] = await open(path);
    const times = Object.fromEntries(Object.keys(sessions).map((name) => [name, []]));
    for (let run = -${WARM_UP}; run < ${RUNS}; run++)
      for (const [name, session] of Object.entries(sessions)) {
        const took = await time(() => session.run(feeds));
        if (run >= 0) times[name].push(took);
      }
    return times;
  })()`);
}
