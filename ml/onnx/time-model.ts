/**
 * Times one model in a process of its own, forked as `time-model.js MODEL.onnx CROP THREADS`: says how long it took to load, then for each
 * number that it is sent the milliseconds of so many photos, one at a time. Ends with its parent.
 * Numbers of the photo do not matter to the time, as long as they are of an ordinary size.
 */
import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { INPUT } from '../network/network.js';
import { float32, withSession } from './session.js';

const WARM_UP = 5;

const [model = '', crop = '', threads = ''] = process.argv.slice(2);
const side = Number(crop);
const photo = Float32Array.from({ length: 3 * side * side }, (_, at) => Math.sin(at));
process.on('disconnect', () => process.exit());

const begun = performance.now();
await withSession(model, { threads: Number(threads) }, async (session) => {
  const loadMs = performance.now() - begun;
  const feeds = { [INPUT]: float32(photo, [1, 3, side, side]) };
  const time = async (runs: number): Promise<number[]> => {
    const times: number[] = [];
    for (let run = 0; run < runs; run++) {
      const before = performance.now();
      await session.run(feeds);
      times.push(performance.now() - before);
    }
    return times;
  };
  await time(WARM_UP);
  process.on('message', (runs) => {
    void (async () => {
      // The first after a pause is not warm, and threads of the process before may still spin.
      await time(1);
      process.send?.({ times: await time(Number(runs)), peakMegabytes: await peakMegabytes() });
    })();
  });
  process.send?.({ loadMs });
  await new Promise(() => undefined); // until the parent lets go
});

/** Linux counts what the parent had before it forked into `resourceUsage().maxRSS`; this it does not. Null elsewhere. */
async function peakMegabytes(): Promise<number | null> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? null : (Number(kibibytes) * 1024) / 1e6;
}
