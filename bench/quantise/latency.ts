/** The part `latency`: quantised and float network in turn, one thread, a fresh process each round; the ratio holds on a noisy machine. */
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { median } from '../../ml/ranking/median.js';
import { runJson } from '../measure.js';
import { NOTHING, type Findings } from '../report.js';
import type { Models } from './models.js';
import type { Note, QuantiseOptions } from './quantise.js';

const TIMER = fileURLToPath(new URL('our-latency.js', import.meta.url));
const Times = z.object({ floatMs: z.number(), int8Ms: z.number() });

export async function measureLatency({ float, quantised }: Models, { rounds, runs }: QuantiseOptions, note: Note): Promise<Findings> {
  const timed = quantised.map((model) => ({ ...model, times: [] as z.infer<typeof Times>[] }));
  for (let round = 1; round <= rounds; round++)
    for (const { network, by, path, times } of timed) {
      note(`round ${round} of ${rounds}: ${by}, ${network} network`);
      times.push(Times.parse(await runJson(process.execPath, [TIMER, float[network].path, path, String(runs)])));
    }
  const name = (by: string, network: string): string => `${by}Latency${network === 'relu' ? 'Relu' : 'Full'}`;
  return {
    ...NOTHING,
    ratios: Object.fromEntries(
      timed.map(({ by, network, times }) => [name(by, network), median(times.map(({ floatMs, int8Ms }) => int8Ms / floatMs))]),
    ),
    medians: Object.fromEntries(
      timed.map(({ by, network, times }) => [`${name(by, network)}Ms`, median(times.map(({ int8Ms }) => int8Ms))]),
    ),
  };
}
