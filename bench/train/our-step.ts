/** One training step of ours, the same as `keras_step.py` takes. Run as `our-step.js STEPS WARMUP PAIRS`; prints one JSON document. */
import { DEFAULTS } from './settings.js';
import { openBackend } from '../../ml/engine/backend.js';
import { Learner } from '../../ml/engine/learner.js';
import { initialise } from '../../ml/network/initialise.js';
import { describeNetwork } from '../../ml/network/network.js';
import { OF_RANDOM_WEIGHTS, settle } from '../../ml/weights/conventions.js';

const [steps = 0, warmup = 0, pairs = 0] = process.argv.slice(2).map(Number);
const crop = 224;
const { model, loss, optimizer, loop } = DEFAULTS;
const network = describeNetwork({ ...settle(model, OF_RANDOM_WEIGHTS).spec, regression: false });
const { tensorFlow, engine } = await openBackend('cpu', 'graph');
const learner = new Learner({
  tensorFlow,
  engine,
  network,
  settings: { crop, precision: 'float32', loss, optimizer, clip: loop.clip },
  stored: initialise(network, 0),
  training: true,
});
const photos = Float32Array.from({ length: 2 * pairs * crop * crop * 3 }, (_, index) => Math.sin(index * 12.9898) * 1.5);
const unscored = new Float32Array(2 * pairs);

const milliseconds: number[] = [];
for (let step = 1; step <= warmup + steps; step++) {
  const begun = performance.now();
  learner.step([{ pairs, photos, target: unscored, mask: unscored }], optimizer.lr, step);
  milliseconds.push(performance.now() - begun);
}
process.stdout.write(
  `${JSON.stringify({ milliseconds: milliseconds.slice(warmup), peakMemoryMb: process.resourceUsage().maxRSS / 1024 })}\n`,
);
learner.close();
