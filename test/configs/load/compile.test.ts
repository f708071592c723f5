import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { compilePlan } from '../../../configs/load/compile.js';
import { ConfigurationProblem } from '../../../configs/load/diagnostics.js';
import { parseOverrides } from '../../../configs/load/overrides.js';
import { BUILT_IN, CATALOG, SETTINGS } from '../../../configs/schema/catalog.js';
import { Plan, type PlannedTask } from '../../../configs/schema/plan.js';
import { makeProject, pipelineOf, REPOSITORY, type Project } from './project.js';

const EIGHT_STAGES = [
  'provision',
  'audit',
  'preprocess',
  'model',
  'train',
  'evaluate',
  'export',
  'quantize',
  'parity',
  'publish',
  'archive-logs',
  'changelog',
  'checklist',
];

describe("the product's own configuration", () => {
  for (const pipeline of ['configs/pipeline.yaml', 'configs/quickstart/pipeline.yaml']) {
    it(`compiles ${pipeline} into the eight stages in their order`, async () => {
      const plan = await compilePlan(REPOSITORY, pipeline, [], BUILT_IN);
      assert.deepEqual(
        plan.tasks.map(({ name }) => name),
        EIGHT_STAGES,
      );
      assert.deepEqual(Plan.parse(plan), plan);
    });
  }

  it('uses every settings file that lies beside a pipeline', async () => {
    for (const folder of ['configs', 'configs/quickstart']) {
      const plan = await compilePlan(REPOSITORY, `${folder}/pipeline.yaml`, [], BUILT_IN);
      const used = new Set(plan.tasks.flatMap(({ settingsFiles }) => settingsFiles.map(({ path }) => path)));
      const there = (await readdir(join(REPOSITORY, folder))).filter((name) => name.endsWith('.yaml') && name !== 'pipeline.yaml');
      assert.deepEqual(
        there.filter((name) => !used.has(`${folder}/${name}`)),
        [],
      );
    }
  });

  it("overrides only what the quickstart says, and keeps the method's numbers", async () => {
    const method = settingsOf(await compilePlan(REPOSITORY, 'configs/pipeline.yaml', [], BUILT_IN), 'train');
    const quick = settingsOf(await compilePlan(REPOSITORY, 'configs/quickstart/pipeline.yaml', [], BUILT_IN), 'train');
    assert.deepEqual(SETTINGS.train.shape.optimizer.parse(method.optimizer), SETTINGS.train.shape.optimizer.parse(quick.optimizer));
    assert.notDeepEqual(method.schedule, quick.schedule);
  });
});

describe('compiling a plan', () => {
  let project: Project;
  beforeEach(async () => {
    project = await makeProject();
  });
  afterEach(() => project.remove());

  it('fills in what neither the task nor the defaults say, and takes the nearer of the two', async () => {
    await project.write({
      'configs/pipeline.yaml': [
        'version: 1',
        'name: test',
        'defaults: { queue: gpu, timeout: 90s, retry: { attempts: 7 } }',
        'tasks:',
        '  a: { stage: 4, uses: model, with: train.yaml }',
        '  b: { stage: 4, uses: model, with: train.yaml, queue: cpu, timeout: 1.5h, heartbeat: 30s, retry: { backoff: 250ms } }',
      ].join('\n'),
    });
    const { tasks } = await project.plan();
    const times = tasks.map(({ queue, timeoutMs, heartbeatMs, retry }) => ({ queue, timeoutMs, heartbeatMs, retry }));
    const waits = { coefficient: 2, maxBackoffMs: 300_000, nonRetryable: [] };
    assert.deepEqual(times, [
      { queue: 'gpu', timeoutMs: 90_000, heartbeatMs: null, retry: { attempts: 7, backoffMs: 5000, ...waits } },
      { queue: 'cpu', timeoutMs: 5_400_000, heartbeatMs: 30_000, retry: { attempts: 7, backoffMs: 250, ...waits } },
    ]);
    await project.write({ 'configs/pipeline.yaml': pipelineOf('a: { stage: 4, uses: model, with: train.yaml }') });
    const [task] = (await project.plan()).tasks;
    assert.deepEqual([task?.queue, task?.timeoutMs, task?.retry], ['cpu', 600_000, { attempts: 3, backoffMs: 5000, ...waits }]);
  });

  it('puts tasks after those they need, and otherwise in the order of the file', async () => {
    const model = (name: string, needs: string): string => `${name}: { stage: 4, uses: model, with: train.yaml, needs: [${needs}] }`;
    await project.write({ 'configs/pipeline.yaml': pipelineOf(model('d', 'b'), model('c', ''), model('b', 'a, c'), model('a', '')) });
    assert.deepEqual(
      (await project.plan()).tasks.map(({ name }) => name),
      ['c', 'a', 'b', 'd'],
    );
  });

  it('gives a task only the settings that its activity reads, so that others do not change what it is', async () => {
    await project.write({ 'configs/pipeline.yaml': pipelineOf('model: { stage: 4, uses: model, with: train.yaml }') });
    const before = await project.plan();
    assert.deepEqual(Object.keys(settingsOf(before, 'model')), Object.keys(CATALOG.model.settings.shape));
    await project.write({
      'configs/train.yaml': (await readFile(join(project.root, 'configs/train.yaml'), 'utf8')).replace('clip: 5.0', 'clip: 4'),
    });
    const after = await project.plan();
    assert.deepEqual(settingsOf(after, 'model'), settingsOf(before, 'model'));
    assert.notEqual(after.hash, before.hash, 'the file is another one, and the plan says which it was');
  });

  it('gives evaluate of the loop just what it uses', async () => {
    const evaluated = async (...set: string[]): Promise<unknown> =>
      (await compilePlan(REPOSITORY, 'configs/pipeline.yaml', parseOverrides(set), BUILT_IN)).tasks.find(({ name }) => name === 'evaluate')
        ?.settings;
    const before = await evaluated();
    assert.deepEqual(await evaluated('train.loop.explosion.loss=77', 'train.loop.pairs=8'), before);
    assert.notDeepEqual(await evaluated('train.loop.clip=1'), before);
  });

  it('lets model look outside where its weights may be others next time: not pinned, or done without', async () => {
    await project.write({ 'configs/pipeline.yaml': pipelineOf('model: { stage: 4, uses: model, with: train.yaml }') });
    const outside = async (...set: string[]): Promise<boolean | undefined> => (await project.plan(...set)).tasks[0]?.outside;
    assert.equal(await outside(), false);
    assert.equal(await outside('train.model.weights.sha256=null'), true);
    assert.equal(await outside('train.model.weights.onUnavailable=random'), true);
    assert.equal(await outside('train.model.weights.source=null', 'train.model.weights.sha256=null'), false);
  });

  it('lays a file on the ones that it extends: maps key by key, lists and values whole', async () => {
    await project.write({
      'configs/pipeline.yaml': pipelineOf(
        'a: { stage: 2, uses: audit, with: dataset.yaml }',
        'p: { stage: 3, uses: preprocess, needs: [a], with: mine/top.yaml }',
      ),
      'configs/mine/top.yaml': 'extends: middle.yaml\naugment: { flip: 0 }\n',
      'configs/mine/middle.yaml': 'extends: ../preprocess.yaml\nnormalize: { mean: [0.1, 0.2, 0.3] }\naugment: { flip: 1, rotation: 9 }\n',
    });
    const plan = await project.plan();
    assert.deepEqual(settingsOf(plan, 'p'), {
      resize: 256,
      crop: 224,
      normalize: { mean: [0.1, 0.2, 0.3], std: [0.229, 0.224, 0.225] },
      augment: { flip: 0, brightness: 0.1, contrast: 0.1, rotation: 9 },
    });
    const files = plan.tasks.find(({ name }) => name === 'p')?.settingsFiles ?? [];
    assert.deepEqual(
      files.map(({ path }) => path),
      ['configs/mine/top.yaml', 'configs/mine/middle.yaml', 'configs/preprocess.yaml'],
    );
    for (const { path, sha256 } of files) {
      assert.equal(
        sha256,
        createHash('sha256')
          .update(await readFile(join(project.root, path)))
          .digest('hex'),
      );
    }
  });

  it('takes overrides of single settings and of whole sections, typed as YAML', async () => {
    await project.write({ 'configs/pipeline.yaml': pipelineOf('model: { stage: 4, uses: model, with: train.yaml }') });
    const set = [
      'train.seed=7',
      'train.model.regression=off',
      'train.model.batchNorm={momentum: 0.5}',
      'train.model.weights.source=null',
      'train.seed=8',
    ];
    const settings = SETTINGS.train.pick({ seed: true, model: true }).parse(settingsOf(await project.plan(...set), 'model'));
    assert.equal(settings.seed, 8, 'the last one counts');
    assert.equal(settings.model.regression, 'off');
    assert.deepEqual(settings.model.batchNorm, { mode: 'trained', momentum: 0.5, epsilon: 'auto' });
    assert.equal(settings.model.weights.source, null);
  });

  it('takes weights of folders by any name, of the file, of a task and of the command line, over each other', async () => {
    await project.write({
      'configs/mine.yaml': 'extends: dataset.yaml\npairs: { weights: { "scene a": 2, b: 3 } }\n',
      'configs/pipeline.yaml': pipelineOf('audit: { stage: 2, uses: audit, with: mine.yaml, set: { dataset.pairs.weights.c: 4 } }'),
    });
    const plan = await project.plan('dataset.pairs.weights.b=0.5', 'dataset.pairs.weights={"d. e": 1}');
    assert.deepEqual(SETTINGS.dataset.parse(settingsOf(plan, 'audit')).pairs.weights, { 'scene a': 2, b: 0.5, c: 4, 'd. e': 1 });
  });

  it('makes the same hash of the same files, whatever the order of their keys, and another of other settings', async () => {
    await project.write({ 'configs/pipeline.yaml': pipelineOf('a: { stage: 4, uses: model, with: train.yaml }') });
    const { hash } = await project.plan();
    await project.write({ 'configs/pipeline.yaml': pipelineOf('a: { with: train.yaml, uses: model, stage: 4 } # the same') });
    assert.equal((await project.plan()).hash, hash);
    assert.notEqual((await project.plan('train.seed=1')).hash, hash);
  });

  it('reads a pipeline from anywhere by its absolute path, and its settings beside it', async () => {
    const elsewhere = await makeProject();
    try {
      await elsewhere.write({ 'configs/pipeline.yaml': pipelineOf('a: { stage: 4, uses: model, with: train.yaml }') });
      const file = join(elsewhere.root, 'configs/pipeline.yaml');
      const plan = await compilePlan(project.root, file, [], BUILT_IN);
      assert.equal(plan.file, file);
      assert.equal(plan.tasks[0]?.settingsFiles[0]?.path, join(elsewhere.root, 'configs/train.yaml'));
    } finally {
      await elsewhere.remove();
    }
  });

  it('throws every fault in one problem, which is a wrong configuration', async () => {
    await project.write({ 'configs/pipeline.yaml': pipelineOf('a: { stage: 4, uses: modell, with: train.yaml, queue: tpu }') });
    await assert.rejects(compilePlan(project.root, 'configs/pipeline.yaml', parseOverrides(['train.x=1']), BUILT_IN), (error: unknown) => {
      assert.ok(error instanceof ConfigurationProblem);
      assert.equal(error.code, 'CONFIGURATION');
      assert.equal(error.message, '3 problems in the configuration');
      assert.deepEqual(
        error.diagnostics.map(({ file, line, column, path, suggestion }) => ({ file, line, column, path, suggestion })),
        [
          { file: '--set train.x=1', line: 1, column: 1, path: 'train.x', suggestion: null },
          { file: 'configs/pipeline.yaml', line: 4, column: 24, path: 'tasks.a.uses', suggestion: 'model' },
          { file: 'configs/pipeline.yaml', line: 4, column: 57, path: 'tasks.a.queue', suggestion: 'cpu' },
        ],
      );
      return true;
    });
  });
});

function settingsOf(plan: Plan, task: PlannedTask['name']): Record<string, unknown> {
  const settings = plan.tasks.find(({ name }) => name === task)?.settings;
  assert.ok(typeof settings === 'object' && settings !== null);
  return { ...settings };
}
