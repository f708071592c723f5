import assert from 'node:assert/strict';
import { appendFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { compilePlan } from '../../configs/load/compile.js';
import type { Ledger } from '../../configs/schema/ledger.js';
import type { Artifact } from '../../configs/schema/payload.js';
import type { Plan } from '../../configs/schema/plan.js';
import { hashFile } from '../../ml/files/atomic.js';
import { fingerprint } from '../../workflows/fingerprint.js';
import { inputsIn } from '../../workflows/graph.js';
import { makeProject, pipelineOf, type Project } from '../configs/load/project.js';
import { invoke } from './invoke.js';
import { BUILT_IN } from '../../configs/schema/catalog.js';

const Answer = z.strictObject({
  run: z.null(),
  estimateSeconds: z.number().nullable(),
  tasks: z.array(
    z.strictObject({
      name: z.string(),
      stage: z.int(),
      action: z.enum(['run', 'reuse']),
      reasons: z.array(z.string()).min(1),
      fromRun: z.string().nullable(),
      approval: z.string().nullable(),
      estimateSeconds: z.number().nullable(),
    }),
  ),
});

const PIPELINE = pipelineOf(
  'audit: { stage: 2, uses: audit, with: dataset.yaml }',
  'preprocess: { stage: 3, uses: preprocess, needs: [audit], with: preprocess.yaml }',
  'model: { stage: 4, uses: model, with: train.yaml }',
  'train: { stage: 5, uses: train, needs: [preprocess, model], with: train.yaml }',
  'export: { stage: 7, uses: export, needs: [train], with: export.yaml }',
);

describe('emo-aen plan', () => {
  let project: Project;
  beforeEach(async () => {
    project = await makeProject();
    await project.write({ 'configs/pipeline.yaml': PIPELINE });
  });
  afterEach(() => project.remove());

  const foreseen = async (...args: readonly string[]): Promise<Record<string, string>> => {
    const { code, stdout, stderr } = await invoke('plan', '--root', project.root, '--json', ...args);
    assert.equal(code, 0, stderr);
    const { tasks } = Answer.parse(JSON.parse(stdout));
    return Object.fromEntries(
      tasks.map(({ name, action, reasons, fromRun }) => [name, `${action} ${fromRun ?? '-'}: ${reasons.join('; ')}`]),
    );
  };

  it('runs everything where nothing ever ran, and leaves nothing behind', async () => {
    const before = await readdir(project.root, { recursive: true });
    assert.deepEqual(await foreseen(), {
      audit: 'run -: always runs: what it looks at can change between runs',
      preprocess: 'run -: first run',
      model: 'run -: first run',
      train: 'run -: first run',
      export: 'run -: first run',
    });
    assert.deepEqual(await readdir(project.root, { recursive: true }), before);
  });

  it('reuses what is as it was, and names each setting that is not, with both values', async () => {
    await finishedRun(project, 'one');
    const same = await foreseen();
    assert.match(same['train'] ?? '', /^reuse one: same code, settings and inputs as in run one/);
    const changed = await foreseen('--set', 'train.loop.pairs=8', '--set', 'train.optimizer.lr=0.001');
    assert.equal(changed['train'], 'run -: settings changed: train.loop.pairs 16 -> 8, train.optimizer.lr 0.0003 -> 0.001');
    assert.equal(changed['export'], 'run -: upstream train runs');
    assert.match(changed['model'] ?? '', /^reuse one/);
  });

  it('runs again what has lost its files or has others, without trusting their names', async () => {
    await finishedRun(project, 'one');
    await appendFile(join(project.root, 'runs/one/initial-checkpoint'), 'x');
    await rm(join(project.root, 'runs/one/onnx'));
    const after = await foreseen();
    assert.equal(after['model'], 'run -: output altered: runs/one/initial-checkpoint');
    assert.equal(after['train'], 'run -: upstream model runs');
  });

  it('answers all the same where digests of large files cannot be remembered, and says so', async () => {
    await finishedRun(project, 'one', 1 << 20);
    await project.write({ '.emo-aen/cache/digests-artifacts.json/folder': 'in the way' });
    const { code, stdout, stderr } = await invoke('plan', '--root', project.root);
    assert.equal(code, 0);
    assert.match(stdout, /1 to run, 4 to reuse/);
    assert.match(stderr, /^\.emo-aen\/cache\/digests-artifacts\.json is a folder: what it remembered is found out anew\n/);
  });

  it('reuses nothing with --fresh, only one run with --from-run, and looks no further than --until', async () => {
    await finishedRun(project, 'one');
    assert.equal((await foreseen('--fresh'))['model'], 'run -: --fresh');
    assert.match((await foreseen('--from-run', 'one'))['model'] ?? '', /^reuse one/);
    assert.deepEqual(Object.keys(await foreseen('--until', 'preprocess')), ['audit', 'preprocess']);
  });

  it('refuses a run or a task that there is none of, with the nearest', async () => {
    await finishedRun(project, 'baseline');
    const run = await invoke('plan', '--root', project.root, '--from-run', 'basline');
    assert.deepEqual([run.code, run.stderr], [2, 'error: there is no run `basline` in runs/\n  cure: did you mean `baseline`?\n']);
    const task = await invoke('plan', '--root', project.root, '--until', 'trian');
    assert.deepEqual([task.code, task.stderr], [2, 'error: configs/pipeline.yaml has no task `trian`\n  cure: did you mean `train`?\n']);
  });

  it('says it in a line a task for people', async () => {
    await finishedRun(project, 'one');
    const { stdout } = await invoke('plan', '--root', project.root, '--set', 'train.seed=1');
    assert.equal(
      stdout,
      [
        '2  audit       run    60 s  always runs: what it looks at can change between runs',
        '3  preprocess  reuse        same code, settings and inputs as in run one; if audit finds what it found last time',
        '4  model       run    60 s  settings changed: train.seed 0 -> 1',
        '5  train       run    60 s  upstream model runs',
        '7  export      run    60 s  upstream train runs',
        '',
        '4 to run, 1 to reuse; about 3 min, as earlier runs took',
        'upstream: what it will make is not known yet; what it made before is reused after all if it comes out the same',
        '',
      ].join('\n'),
    );
  });
});

/** Leaves what a completed run of the project's pipeline leaves: an artifact a name, of at least `bytes`, and the ledger that records them. */
async function finishedRun(project: Project, run: string, bytes = 0): Promise<void> {
  const plan: Plan = await compilePlan(project.root, 'configs/pipeline.yaml', [], BUILT_IN);
  const made = new Map<string, Artifact[]>();
  for (const { name, provides } of plan.tasks) {
    const artifacts: Artifact[] = [];
    for (const artifact of provides) {
      const path = `runs/${run}/${artifact}`;
      await project.write({ [path]: `${artifact} of ${run}`.padEnd(bytes) });
      artifacts.push({ name: artifact, path, ...(await hashFile(join(project.root, path))) });
    }
    made.set(name, artifacts);
  }
  const ledger: Ledger = {
    version: 1,
    run,
    pipeline: plan.pipeline,
    file: plan.file,
    planHash: plan.hash,
    state: 'completed',
    until: null,
    number: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:01:00.000Z',
    tasks: plan.tasks.map((task) => ({
      plan: task,
      state: 'done',
      attempts: 1,
      reason: 'first run',
      fingerprint: fingerprint(
        task,
        inputsIn(plan.tasks)
          .of(task, (name) => made.get(name) ?? [])
          .map(({ name, sha256 }) => ({ name, sha256 })),
      ),
      startedAt: '2026-01-01T00:00:00.000Z',
      endedAt: '2026-01-01T00:01:00.000Z',
      failure: null,
      output: { artifacts: made.get(task.name) ?? [], summary: {}, warnings: [] },
      fromRun: null,
      approved: null,
    })),
    events: [],
  };
  await project.write({ [`runs/${run}/ledger.json`]: JSON.stringify(ledger) });
}
