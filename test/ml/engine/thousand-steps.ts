/** Takes a thousand steps in a process of its own; prints its resident memory in MiB after each hundred as JSON. Run with --expose-gc. */
import { openBackend } from '../../../ml/engine/backend.js';
import { Learner } from '../../../ml/engine/learner.js';
import { initialise } from '../../../ml/network/initialise.js';
import { describeNetwork } from '../../../ml/network/network.js';
import { smallSettings } from './small-set.js';

const CROP = 32;
const PAIRS = 2;
const network = describeNetwork({
  backbone: 'mobilenet_v3_large',
  embedding: 512,
  padding: 'symmetric',
  batchNorm: { mode: 'trained', momentum: 0.1, epsilon: 0.001 },
  regression: false,
});
const { loss, optimizer, loop } = smallSettings();
const learner = new Learner({
  ...(await openBackend('cpu', 'graph')),
  network,
  stored: initialise(network, 1),
  training: true,
  settings: { crop: CROP, precision: 'float32', loss, optimizer, clip: loop.clip },
});
const resident: number[] = [];
for (let step = 1; step <= 1000; step++) {
  // New photos each step, as in training: their memory is TensorFlow's until the step has ended.
  const photos = Float32Array.from({ length: 2 * PAIRS * CROP * CROP * 3 }, (_, at) => Math.sin(step + at));
  const rows = new Float32Array(2 * PAIRS);
  learner.step([{ pairs: PAIRS, photos, target: rows, mask: rows }], 1e-4, step);
  if (step % 100 !== 0) continue;
  globalThis.gc?.();
  resident.push(process.memoryUsage.rss() / 2 ** 20);
}
process.stdout.write(JSON.stringify(resident));
process.exit(0);
