/**
 * The real training job on made photos, with a clock at the learner's door. Run as `our-epochs.js FOLDER EPOCHS STEPS VALIDATION_PAIRS`; prints one
 * JSON document: when each step and each batch of validation began and ended. What lies between them is what an epoch costs beyond.
 */
import { train } from '../../ml/engine/jobs/train.js';
import { Learner } from '../../ml/engine/learner.js';
import type { Call, Timeline } from './epoch-shares.js';
import { madeJob } from './made-set.js';

const [, , folder = '', ...numbers] = process.argv;
const [epochs = 0, steps = 0, validationPairs = 0] = numbers.map(Number);
const calls: Call[] = [];

function timed<Words extends unknown[], Answer>(kind: Call['kind'], method: (this: Learner, ...words: Words) => Answer) {
  return function (this: Learner, ...words: Words): Answer {
    const begun = performance.now();
    try {
      return method.apply(this, words);
    } finally {
      calls.push({ kind, begun, ended: performance.now() });
    }
  };
}
Learner.prototype.step = timed('step', Learner.prototype.step);
Learner.prototype.infer = timed('validation', Learner.prototype.infer);

const job = await madeJob(folder, { epochs, steps, validationPairs });
await train(job, { progress: () => undefined, stopping: () => false });
const timeline: Timeline = { calls, stepsPerEpoch: steps };
process.stdout.write(`${JSON.stringify(timeline)}\n`);
