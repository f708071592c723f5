/** A photo that crashes a decoder, in runs by the processes that `emo-aen up` starts. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { projectCatalog } from '../../activities/own/catalog.js';
import { compilePlan } from '../../configs/load/compile.js';
import type { Ledger } from '../../configs/schema/ledger.js';
import { sendUpdate } from '../../cli/run/update.js';
import { queryLedger } from '../../workers/observe.js';
import { findRunning, type ProcessRecord } from '../../workers/processes/record.js';
import { startRun } from '../../workers/start-run.js';
import { connectTemporal, type TemporalLink } from '../../workers/temporal.js';
import { bringDown, bringUp } from '../../workers/up.js';
import { workflowIdOf } from '../../workflows/names.js';
import { amongKillers, killer } from '../ml/images/decoders/killers.js';
import { png, put, SETTINGS, soundProject } from '../ml/images/photo-set.js';
import { taskIn } from '../workflows/plans.js';

const PIPELINE = {
  version: 1,
  name: 'photos',
  tasks: {
    audit: { stage: 2, uses: 'audit', with: 'dataset.yaml' },
    preprocess: { stage: 3, uses: 'preprocess', needs: ['audit'], with: 'preprocess.yaml' },
  },
};
const PREPROCESS = {
  resize: 64,
  crop: 56,
  normalize: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  augment: { flip: 0.5, brightness: 0.1, contrast: 0.1, rotation: 5 },
};

describe('a run with a photo that crashes a decoder', function () {
  this.timeout(240_000);
  let root: string;
  let link: TemporalLink;
  beforeEach(async () => {
    root = await soundProject();
    await put(root, 'configs/photos.yaml', JSON.stringify(PIPELINE));
    await put(root, 'configs/dataset.yaml', JSON.stringify({ ...SETTINGS, pairs: { ...SETTINGS.pairs, pairing: 'cross' } }));
    await put(root, 'configs/preprocess.yaml', JSON.stringify(PREPROCESS));
  });
  afterEach(async () => {
    await bringDown(root);
    await rm(root, { recursive: true, force: true });
  });

  async function start(name: string, until: string | null = null): Promise<void> {
    const plan = await compilePlan(root, 'configs/photos.yaml', [], await projectCatalog(root));
    await startRun(root, link, { plan, overrides: [], name, fromRun: null, until, fresh: false, by: 'ann' });
  }

  /** The run's ledger once it has got as far as it can by itself. */
  async function settled(run: string, tries = 1): Promise<Ledger> {
    for (;;) {
      const ledger = await queryLedger(link, run);
      const blocked = ledger?.tasks.some(({ state, attempts }) => state === 'blocked' && attempts >= tries) === true;
      if (ledger !== null && (ledger.state === 'completed' || (ledger.state === 'blocked' && blocked))) return ledger;
      await delay(50); // a workflow pushes nothing: it must be asked
    }
  }

  async function worker(): Promise<ProcessRecord> {
    const record = await findRunning(root, 'cpu');
    assert.ok(record);
    return record;
  }

  it('is blocked, names the photo, and goes on once the photo is gone, all by one and the same worker', async () => {
    const [first, second] = [`one/good/${killer('SIGSEGV')}`, `one/good/${killer('SIGABRT')}`];
    await put(root, `training_files/${first}`, await png(300));
    // Where photos do no harm yet, so that it is preprocess which decodes it next.
    await bringUp(root);
    link = await connectTemporal(root);
    await start('sound', 'audit');
    await link.client.workflow.getHandle(workflowIdOf(link.project.id, 'sound')).result();
    await link.close();
    await bringDown(root);

    await amongKillers(() => bringUp(root));
    link = await connectTemporal(root);
    const { process: before } = await worker();
    const isTheSame = async (): Promise<void> => {
      const { process: now, deaths } = await worker();
      assert.deepEqual([now, deaths], [before, null]);
    };

    await start('again');
    const crashed = { code: 'PHOTO', message: 'the decoder crashed (SIGSEGV)', where: first };
    for (let tries = 1; tries <= 2; tries++) {
      const { failure, attempts, state } = taskIn(await settled('again', tries), 'preprocess');
      assert.deepEqual([state, attempts], ['blocked', tries]);
      assert.deepEqual({ ...failure, cure: null }, { ...crashed, cure: null });
      await isTheSame();
      await sendUpdate(root, link, 'again', tries === 1 ? 'retry' : 'cancel', {
        tasks: ['preprocess'],
        stage: null,
        plan: [],
        overrides: [],
        by: 'ann',
      });
    }

    await put(root, `training_files/${second}`, await png(301));
    await start('another');
    const audit = taskIn(await settled('another'), 'audit');
    assert.equal(audit.failure?.code, 'DATASET');
    for (const name of ['harm-SIGABRT.png', 'the decoder crashed (SIGABRT)'])
      assert.ok(audit.failure.message.includes(name), audit.failure.message);
    await isTheSame();

    for (const file of [first, second]) await rm(join(root, 'training_files', file));
    await sendUpdate(root, link, 'another', 'retry', { tasks: [], stage: null, plan: [], overrides: [], by: 'ann' });
    await link.client.workflow.getHandle(workflowIdOf(link.project.id, 'another')).result();
    await isTheSame();
    await link.close();
  });
});
