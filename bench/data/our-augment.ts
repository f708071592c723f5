/**
 * Photos of a packed cache, augmented one after the other on this one thread. Run as `our-augment.js INDEX CACHE`; prints one JSON document: milliseconds of a
 * photo, the median of several passes over all; passes before them warm the file cache and the compiler.
 */
import { fillAugmented } from '../../ml/images/augment.js';
import { openCache } from '../../ml/images/cache.js';
import { median } from '../../ml/ranking/median.js';

const WARMUP = 2;
const PASSES = 5;

const [, , index = '', file = ''] = process.argv;
const cache = await openCache(index, file);
const out = new Float32Array(cache.index.crop ** 2 * 3);
const ms: number[] = [];
for (let pass = 0; pass < WARMUP + PASSES; pass++) {
  const begun = performance.now();
  for (let photo = 0; photo < cache.count; photo++) fillAugmented(cache, photo, { seed: 0, epoch: pass, index: photo }, out, 0);
  ms.push((performance.now() - begun) / cache.count);
}
await cache.close();
process.stdout.write(`${JSON.stringify({ ms: median(ms.slice(WARMUP)), versions: { node: process.versions.node } })}\n`);
