/** The stand-in for a phone that the task `parity` measures too (ml/onnx/browser-latency.ts), of a published bundle and several times over. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Timing } from '../../configs/schema/evaluation.js';
import { MANIFEST } from '../../ml/bundle/layout.js';
import { measureInBrowser } from '../../ml/onnx/browser-latency.js';
import { median } from '../../ml/ranking/median.js';
import { NOTHING, type Findings } from '../report.js';
import type { Note, Served, WebOptions } from './web.js';

/** What is measured: its name here, in the manifest, and in reports of parity. */
const MODELS: readonly { readonly name: string; readonly file: string; readonly model: Timing['model'] }[] = [
  { name: 'float', file: 'fp32', model: 'onnx' },
  { name: 'weightsInt8', file: 'int8-weights', model: 'onnx-int8-weights' },
  { name: 'staticInt8', file: 'int8', model: 'onnx-int8' },
];
const RUNS = 20;

/** Only what this needs, so that any format will do. */
const Bundle = z.object({
  files: z.array(z.object({ name: z.string(), path: z.string() })),
  input: z.object({ preprocessing: z.object({ crop: z.int() }) }),
});

export async function measurePhone({ bundle }: Served, { rounds }: WebOptions, note: Note): Promise<Findings> {
  const { files, input } = Bundle.parse(JSON.parse(await readFile(join(bundle, MANIFEST), 'utf8')));
  const paths = new Map(files.map(({ name, path }) => [name, join(bundle, path)]));
  const present = MODELS.flatMap(({ name, file, model }) => {
    const path = paths.get(file);
    return path === undefined ? [] : [{ name, model, path }];
  });
  const absent = MODELS.filter(({ file }) => !paths.has(file));
  const missing: Record<string, string> = Object.fromEntries(absent.map(({ name, file }) => [name, `the bundle has no file ${file}`]));
  const timings: Timing[] = [];
  for (let round = 1; round <= rounds; round++) {
    note(`round ${round} of ${rounds}: ${present.map(({ name }) => name).join(', ')} in turn`);
    const measured = await measureInBrowser({
      models: new Map(present.map(({ model, path }) => [model, path])),
      crop: input.preprocessing.crop,
      runs: RUNS,
      signal: new AbortController().signal,
      progress: () => undefined,
    });
    if ('missing' in measured) return { ...NOTHING, missing: { ...missing, phone: measured.missing } };
    timings.push(...measured.timings);
  }
  const of = (model: Timing['model'], what: (timing: Timing) => number): number =>
    median(timings.filter((timing) => timing.model === model).map(what));
  return {
    ...NOTHING,
    medians: Object.fromEntries(
      present.flatMap(({ name, model }) => [
        [`${name}ThrottledMs`, of(model, ({ p50Ms }) => p50Ms)],
        [`${name}LoadMs`, of(model, ({ loadMs }) => loadMs)],
        [`${name}PeakMb`, of(model, ({ peakMegabytes }) => peakMegabytes ?? NaN)],
      ]),
    ),
    ratios: Object.fromEntries(
      present.filter(({ model }) => model !== 'onnx').map(({ name, model }) => [`${name}OfFloat`, of(model, ({ ratio }) => ratio)]),
    ),
    missing,
  };
}
