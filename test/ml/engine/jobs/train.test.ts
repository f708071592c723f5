import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '../../../../configs/problem.js';
import type { Progress } from '../../../../configs/schema/payload.js';
import type { SettingsOf } from '../../../../configs/schema/catalog.js';
import type { Backend } from '../../../../ml/engine/backend.js';
import { readCheckpoint } from '../../../../ml/engine/checkpoint.js';
import { train } from '../../../../ml/engine/jobs/train.js';
import type { TrainResult } from '../../../../ml/engine/jobs/protocol.js';
import type { Engine } from '../../../../ml/engine/kernels.js';
import { engineOf, tensorFlow } from '../programs.js';
import { smallSettings, trainJob, writeSmallSet } from '../small-set.js';

/** TensorFlow as it is, on a device that has no memory for steps of more than `photos` photos at a time. */
function smallDevice(photos: () => number): Backend {
  const whole = engineOf('graph');
  const engine: Engine = {
    name: 'graph',
    prepare: (computation) => {
      const program = whole.prepare(computation);
      const [count = 0] = computation.inputs.get('photos')?.shape ?? [];
      const refused = (): boolean => !computation.name.startsWith('inference') && count > photos();
      return {
        run: (inputs) => {
          if (refused()) throw new Error(`Session fail to run with error: OOM when allocating tensor with shape[${count},16,16,16]`);
          return program.run(inputs);
        },
        close: () => program.close(),
      };
    },
  };
  return { tensorFlow: tensorFlow(), engine, device: 'cpu', description: 'cpu (small)' };
}

interface Given {
  readonly folder: string;
  readonly settings?: SettingsOf<'train'>;
  /** Whether people scored the training photos: the good 0.8, the bad 0.2. */
  readonly scored?: boolean;
  /** How many photos fit at a time, asked before each part of a step. */
  readonly photos?: () => number;
  readonly on?: (progress: Progress) => void;
  readonly stopping?: () => boolean;
}

const EPOCHS = (epochs: number): Pick<SettingsOf<'train'>, 'schedule'> => ({ schedule: { epochs, warmupEpochs: 0, minLr: 0 } });
const UNLIMITED = (): number => Infinity;

async function trainIn(given: Given): Promise<TrainResult> {
  const {
    folder,
    settings = smallSettings(EPOCHS(1)),
    scored = false,
    photos = UNLIMITED,
    on = () => undefined,
    stopping = () => false,
  } = given;
  const set = await writeSmallSet(folder, { train: 10, val: 2, test: 2 }, { scored });
  const job = await trainJob(folder, set, settings);
  return train(job, { progress: on, stopping }, () => Promise.resolve(smallDevice(photos)));
}

async function parametersOf({ last }: TrainResult): Promise<[string, string][]> {
  const { tensors } = await readCheckpoint(last);
  return [...tensors].map(([name, { data }]): [string, string] => [
    name,
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
  ]);
}

describe('training on a device with too little memory', function () {
  this.timeout(120_000);
  let root = '';
  before(async () => (root = await mkdtemp(join(tmpdir(), 'emo-aen-memory-'))));
  after(() => rm(root, { recursive: true, force: true }));

  it('halves the micro-batch until it fits, keeps the step, and says so', async () => {
    const said: string[] = [];
    const on = ({ message }: Progress): void => void said.push(message);
    const split = await trainIn({ folder: join(root, 'split'), photos: () => 2, on });
    const base = smallSettings();
    const accumulated = await trainIn({
      folder: join(root, 'accumulated'),
      settings: smallSettings({ ...EPOCHS(1), loop: { ...base.loop, accumulate: 4 } }),
    });
    assert.deepEqual(await parametersOf(split), await parametersOf(accumulated));
    assert.equal(split.training.microBatches, 4);
    assert.deepEqual(
      split.warnings.filter((warning) => warning.includes('memory')),
      [
        'the device has too little memory for 4 pairs at once: from step 1 on a step of 4 pairs is taken in 4 micro-batches; since then batch norm takes its statistics from one pair at a time, not from 4 pairs',
      ],
    );
    assert.ok(said.includes('epoch 1/1 too little memory for 4 pairs at once: going on in 2 micro-batches a step'));
    assert.ok(said.includes('epoch 1/1 too little memory for 2 pairs at once: going on in 4 micro-batches a step'));
    assert.ok(said.includes('epoch 1/1 step 1/3, in 4 micro-batches'));
    assert.deepEqual(accumulated.warnings, []);
  });

  it('keeps the split when it continues, though there is memory again, and ends as it would have', async () => {
    const settings = smallSettings(EPOCHS(2));
    /** Memory runs short in the second epoch's second step. */
    const shortage = (): { readonly on: (progress: Progress) => void; readonly photos: () => number } => {
      let short = false;
      return { on: ({ message }) => void (short ||= message.startsWith('epoch 2/2 step 1')), photos: () => (short ? 4 : Infinity) };
    };
    const undisturbed = await trainIn({ folder: join(root, 'undisturbed'), settings, ...shortage() });
    let stopping = false;
    const { on, photos } = shortage();
    const stopped = await trainIn({
      folder: join(root, 'continued'),
      settings,
      photos,
      on: (progress) => {
        on(progress);
        stopping ||= progress.message.startsWith('epoch 2/2 step 2');
      },
      stopping: () => stopping,
    });
    assert.equal(stopped.complete, false);
    const continued = await trainIn({ folder: join(root, 'continued'), settings });
    assert.equal(continued.training.resumedFrom, 'epoch 2, step 2');
    assert.equal(continued.training.microBatches, 2);
    assert.match(continued.warnings.join(), /from step 5 on a step of 4 pairs is taken in 2 micro-batches/);
    assert.deepEqual(await parametersOf(continued), await parametersOf(undisturbed));
  });

  it('writes a checkpoint as soon as a step was split, so that even a kill does not forget it', async () => {
    const folder = join(root, 'saved');
    let photos = 8;
    const seen: string[] = [];
    const on = ({ message }: Progress): void => {
      if (message.startsWith('epoch 1/1 step 1')) photos = 4;
      seen.push(message);
    };
    await trainIn({ folder, photos: () => photos, on });
    const at = seen.findIndex((message) => message.startsWith('epoch 1/1 step 2'));
    assert.equal(seen[at + 1], 'epoch 1/1 saving a checkpoint');
  });

  it('leaves batch norm out of the warning where none looks at the batch', async () => {
    const base = smallSettings();
    const settings = smallSettings({ ...EPOCHS(1), model: { ...base.model, batchNorm: { ...base.model.batchNorm, mode: 'frozen' } } });
    const { warnings } = await trainIn({ folder: join(root, 'frozen'), settings, photos: () => 4 });
    assert.match(warnings.join(), /taken in 2 micro-batches$/);
  });

  it('ends as out of memory where one pair is too much, with nothing lost and no tensor left', async () => {
    const folder = join(root, 'none');
    const settings = smallSettings({ ...EPOCHS(1), checkpoints: { everyEpochs: 1, everySteps: 1, everyMinutes: 10, keep: 2 } });
    const tensors = tensorFlow().getNumOfTensors();
    let photos = Infinity;
    const on = ({ message }: Progress): void => void (photos = message.startsWith('epoch 1/1 step 2') ? 1 : photos);
    await assert.rejects(trainIn({ folder, settings, photos: () => photos, on }), (error) => {
      assert.ok(error instanceof Problem);
      assert.ok(error.code === 'OUT_OF_MEMORY' && error.retryable);
      assert.match(error.message, /not enough memory for a single pair of photos: .*OOM when allocating/);
      return true;
    });
    assert.equal(tensorFlow().getNumOfTensors(), tensors);
    const continued = await trainIn({ folder, settings });
    assert.equal(continued.training.resumedFrom, 'epoch 1, step 2');
    assert.equal(continued.training.microBatches, 1);
  });
});

describe('checkpoints against crashes', function () {
  this.timeout(60_000);
  let root = '';
  before(async () => (root = await mkdtemp(join(tmpdir(), 'emo-aen-recent-'))));
  after(() => rm(root, { recursive: true, force: true }));

  it('are written every so many steps, counted from the one before, whatever kind that was', async () => {
    const seen: string[] = [];
    const on = ({ message }: Progress): void => void (/ (step|saving)/.test(message) && seen.push(message.replace(/(step \d).*/, '$1')));
    const checkpoints = { everyEpochs: 3, everySteps: 2, everyMinutes: 1000, keep: 2 };
    const settings = smallSettings({ ...EPOCHS(2), checkpoints });
    await trainIn({ folder: root, settings, on });
    assert.deepEqual(seen, [
      'epoch 1/2 step 1',
      'epoch 1/2 step 2',
      'epoch 1/2 saving a checkpoint',
      'epoch 1/2 step 3',
      'epoch 2/2 saving a checkpoint', // the best so far
      'epoch 2/2 step 1',
      'epoch 2/2 step 2',
      'epoch 2/2 saving a checkpoint',
      'epoch 2/2 step 3',
      'epoch 2/2 saving a checkpoint',
    ]);
    assert.ok((await readdir(join(root, 'checkpoints'))).includes('last.safetensors'));
  });
});

describe('a regression head that nobody trained', function () {
  this.timeout(120_000);

  it("begins with the mean of people's scores", async () => {
    const root = await mkdtemp(join(tmpdir(), 'emo-aen-head-'));
    try {
      const { optimizer } = smallSettings();
      const { last } = await trainIn({
        folder: root,
        scored: true,
        settings: smallSettings({ ...EPOCHS(1), optimizer: { ...optimizer, lr: 1e-9 } }),
      });
      const bias = (await readCheckpoint(last)).tensors.get('regression.bias')?.data[0] ?? NaN;
      assert.ok(Math.abs(bias - 0.5) < 1e-6, String(bias));
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
});
