/**
 * Times one model in a process of its own: `node time-model.js MODEL.onnx CROP THREADS RUNS`. One JSON line on stdout.
 * Numbers of the photo do not matter to the time, as long as they are of an ordinary size.
 */
import { performance } from 'node:perf_hooks';
import { INPUT } from '../network/network.js';
import { float32, withSession } from './session.js';

const WARM_UP = 5;

const [model = '', crop = '', threads = '', runs = ''] = process.argv.slice(2);
const side = Number(crop);
const photo = Float32Array.from({ length: 3 * side * side }, (_, at) => Math.sin(at));
const begun = performance.now();
const measured = await withSession(model, { threads: Number(threads) }, async (session) => {
  const loadMs = performance.now() - begun;
  const feeds = { [INPUT]: float32(photo, [1, 3, side, side]) };
  const times: number[] = [];
  for (let run = -WARM_UP; run < Number(runs); run++) {
    const before = performance.now();
    await session.run(feeds);
    if (run >= 0) times.push(performance.now() - before);
  }
  return { loadMs, times };
});
// maxRSS is in KiB.
process.stdout.write(`${JSON.stringify({ ...measured, peakMegabytes: (process.resourceUsage().maxRSS * 1024) / 1e6 })}\n`);
