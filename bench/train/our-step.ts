/**
 * One training step of ours, the same as `keras_step.py` and `torch_step.py` take. Run as `our-step.js own|tensorflow STEPS WARMUP PAIRS`, with our own
 * operations or with TensorFlow's alone (decision 0007); prints one JSON document.
 */
import { openBackend } from '../../ml/engine/backend.js';
import { graphEngine } from '../../ml/engine/graph.js';
import { Learner } from '../../ml/engine/learner.js';
import { initialise } from '../../ml/network/initialise.js';
import { DEFAULTS, NETWORK, PREPROCESS } from './settings.js';
import type { Measured } from './summary.js';

const peakMb = (): number => process.resourceUsage().maxRSS / 1024;

const [operations, ...numbers] = process.argv.slice(2);
const [steps = 0, warmup = 0, pairs = 0] = numbers.map(Number);
const { crop } = PREPROCESS;
const { loss, optimizer, loop } = DEFAULTS;
const { tensorFlow } = await openBackend('cpu', 'graph');
const engine = graphEngine(tensorFlow, operations === 'own');
const importedMb = peakMb();
const photos = Float32Array.from({ length: 2 * pairs * crop * crop * 3 }, (_, index) => Math.sin(index * 12.9898) * 1.5);
const unscored = new Float32Array(2 * pairs);

const made = performance.now();
const learner = new Learner({
  tensorFlow,
  engine,
  network: NETWORK,
  settings: { crop, precision: 'float32', loss, optimizer, clip: loop.clip },
  stored: initialise(NETWORK, 0),
  training: true,
});
let firstStepSeconds = 0;
const milliseconds: number[] = [];
for (let step = 1; step <= warmup + steps; step++) {
  const begun = performance.now();
  learner.step([{ pairs, photos, target: unscored, mask: unscored }], optimizer.lr, step);
  const ended = performance.now();
  if (step === 1) firstStepSeconds = (ended - made) / 1000;
  milliseconds.push(ended - begun);
}
const measured: Measured = {
  milliseconds: milliseconds.slice(warmup),
  firstStepSeconds,
  importedMb,
  peakMemoryMb: peakMb(),
  versions: { tensorflow: tensorFlow.TF_Version },
};
process.stdout.write(`${JSON.stringify(measured)}\n`);
learner.close();
