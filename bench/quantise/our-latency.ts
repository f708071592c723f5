/** Times a network and its quantised form in a process of its own, in turn, so that a noisy machine is noisy for both: `node our-latency.js FLOAT.onnx INT8.onnx RUNS`. */
import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { INPUT } from '../../ml/network/network.js';
import { float32, withSession } from '../../ml/onnx/session.js';
import { median } from '../../ml/ranking/median.js';
import { CROP } from './photos.js';

const WARM_UP = 5;

const [float = '', int8 = '', runs = ''] = process.argv.slice(2);
const data = Float32Array.from({ length: 3 * CROP * CROP }, (_, at) => Math.sin(at));
const [floatMs, int8Ms] = await timeInTurn([float, int8], { data, crop: CROP }, Number(runs));
process.stdout.write(`${JSON.stringify({ floatMs, int8Ms })}\n`);

/**
 * @param photo [1, 3, crop, crop]
 * @returns median milliseconds of both models
 */
async function timeInTurn(
  models: readonly [first: string, second: string],
  photo: { readonly data: Float32Array; readonly crop: number },
  runs: number,
): Promise<readonly [first: number, second: number]> {
  const feeds = { [INPUT]: float32(photo.data, [1, 3, photo.crop, photo.crop]) };
  const times: readonly [number[], number[]] = [[], []];
  // One thread each: such sessions have no threads of their own, so that two can be open.
  await withSession(models[0], { threads: 1 }, (first) =>
    withSession(models[1], { threads: 1 }, async (second) => {
      for (let run = -WARM_UP; run < runs; run++)
        for (const [index, session] of [first, second].entries()) {
          const before = performance.now();
          await session.run(feeds);
          if (run >= 0) times[index]?.push(performance.now() - before);
          await turn();
        }
    }),
  );
  return [median(times[0]), median(times[1])];
}
