import assert from 'node:assert/strict';
import { stringify } from 'yaml';
import type { Plan } from '../../../configs/schema/plan.js';
import { makeProject, pipelineOf, type Project } from './project.js';

describe('a matrix', () => {
  let project: Project;
  beforeEach(async () => {
    project = await makeProject();
  });
  afterEach(() => project.remove());

  const planned = async (...tasks: string[]): Promise<Plan['tasks']> => {
    await project.write({ 'configs/pipeline.yaml': pipelineOf(...tasks) });
    return (await project.plan()).tasks;
  };
  const needs = (tasks: Plan['tasks']): Record<string, string[]> => Object.fromEntries(tasks.map((task) => [task.name, task.needs]));
  const model = 'uses: model, with: train.yaml';

  it('makes a task of each combination, in the order of its lists, with its values in settings and approval', async () => {
    const tasks = await planned(
      `m: { ${model}, matrix: { seed: [2, 1], mode: [trained, "frozen"] }, approval: "seed \${matrix.seed}?", set: { train.seed: "\${matrix.seed}", train.model.batchNorm: { mode: "\${ matrix.mode }" } } }`,
    );
    assert.deepEqual(
      tasks.map(({ name, leg, approval }) => ({ name, leg, approval })),
      [
        { name: 'm-2-trained', leg: { seed: 2, mode: 'trained' }, approval: 'seed 2?' },
        { name: 'm-2-frozen', leg: { seed: 2, mode: 'frozen' }, approval: 'seed 2?' },
        { name: 'm-1-trained', leg: { seed: 1, mode: 'trained' }, approval: 'seed 1?' },
        { name: 'm-1-frozen', leg: { seed: 1, mode: 'frozen' }, approval: 'seed 1?' },
      ],
    );
    const settings = tasks.map((task) => task.settings as { seed: number; model: { batchNorm: { mode: string; momentum: number } } });
    assert.deepEqual(
      settings.map(({ seed, model: { batchNorm } }) => [seed, batchNorm.mode, batchNorm.momentum]),
      [
        [2, 'trained', settings[0]?.model.batchNorm.momentum],
        [2, 'frozen', settings[0]?.model.batchNorm.momentum],
        [1, 'trained', settings[0]?.model.batchNorm.momentum],
        [1, 'frozen', settings[0]?.model.batchNorm.momentum],
      ],
    );
  });

  it('leaves out every leg that has the values excluded, and adds whole ones', async () => {
    const tasks = await planned(
      `m: { ${model}, matrix: { a: [1, 2], b: [x, y], exclude: [{ a: 1 }, { b: y, a: 2 }], include: [{ b: z, a: 3 }] } }`,
    );
    assert.deepEqual(Object.keys(needs(tasks)), ['m-2-x', 'm-3-z']);
    assert.deepEqual(tasks.at(-1)?.leg, { a: 3, b: 'z' });
  });

  it('names legs so that commands, files and activities take the names', async () => {
    const tasks = await planned(`m: { ${model}, matrix: { v: [0.75, 1.0e-3, true, MobileNet_V3, "a/../b", -1] } }`);
    assert.deepEqual(Object.keys(needs(tasks)), ['m-0.75', 'm-0.001', 'm-true', 'm-mobilenet-v3', 'm-a-..-b', 'm--1']);
  });

  it('is needed leg by leg where both have its keys, by all else, and by one where a leg is named', async () => {
    const tasks = await planned(
      `a: { ${model}, matrix: { seed: [1, 2] } }`,
      `b: { ${model}, needs: [a], matrix: { seed: [1, 2], width: [3, 4] } }`,
      `c: { ${model}, needs: [a, b], matrix: { width: [3] } }`,
      `d: { ${model}, needs: [a] }`,
      `e: { ${model}, needs: [a-2] }`,
    );
    assert.deepEqual(needs(tasks), {
      'a-1': [],
      'a-2': [],
      'b-1-3': ['a-1'],
      'b-1-4': ['a-1'],
      'b-2-3': ['a-2'],
      'b-2-4': ['a-2'],
      'c-3': ['a-1', 'a-2', 'b-1-3', 'b-2-3'],
      d: ['a-1', 'a-2'],
      e: ['a-2'],
    });
  });

  it('gives each leg the artifacts of its own legs before it', async () => {
    const seeds = 'matrix: { seed: [1, 2, 3] }';
    const tasks = await planned(
      'audit: { uses: audit, with: dataset.yaml }',
      'preprocess: { uses: preprocess, needs: [audit], with: preprocess.yaml }',
      `model: { ${model} }`,
      `train: { uses: train, needs: [preprocess, model], with: train.yaml, queue: gpu, ${seeds}, set: { train.seed: "\${matrix.seed}" } }`,
      `evaluate: { uses: evaluate, needs: [train], with: train.yaml, queue: gpu, ${seeds} }`,
      'export: { uses: export, needs: [train-2], with: export.yaml }',
    );
    assert.deepEqual(needs(tasks)['evaluate-3'], ['train-3']);
    assert.deepEqual(needs(tasks)['export'], ['train-2']);
  });

  it('lets an output be referred to from the leg that agrees, or by the name of a leg', async () => {
    const source = (task: string): string => `set: { train.model.weights.source: "\${tasks.${task}.outputs.initial-checkpoint}" }`;
    const tasks = await planned(
      `a: { ${model}, matrix: { seed: [1, 2] } }`,
      `b: { ${model}, needs: [a], matrix: { seed: [2] }, ${source('a')} }`,
      `c: { ${model}, needs: [b], ${source('a-2')} }`,
      `d: { ${model}, needs: [c], with: mine.yaml }`.replace(', with: train.yaml', ''),
    ).catch((error: unknown) => error);
    assert.match(String(tasks), /mine.yaml` is not there/);
    await project.write({
      'configs/mine.yaml': 'extends: train.yaml\nmodel: { weights: { source: "${tasks.c.outputs.initial-checkpoint}", sha256: null } }\n',
    });
    const { tasks: sound } = await project.plan();
    const path = ['model', 'weights', 'source'];
    const output = 'initial-checkpoint';
    assert.deepEqual(
      sound.map(({ name, references }) => [name, references]),
      [
        ['a-1', []],
        ['a-2', []],
        ['b-2', [{ path, task: 'a-2', output }]],
        ['c', [{ path, task: 'a-2', output }]],
        ['d', [{ path, task: 'c', output }]],
      ],
    );
  });

  it('of four tasks makes a thousand', async () => {
    const n = Array.from({ length: 250 }, (_, index) => index);
    const task = (needed: string[]): object => ({
      uses: 'model',
      with: 'train.yaml',
      needs: needed,
      matrix: { n },
      set: { 'train.seed': '${matrix.n}' },
    });
    const tasks = { a: task([]), b: task(['a']), c: task(['b']), d: task(['c']) };
    await project.write({ 'configs/pipeline.yaml': stringify({ version: 1, name: 'test', tasks }) });
    assert.equal((await project.plan()).tasks.length, 1000);
  });
});

describe('what a task says of its own limits', () => {
  it('is in the plan, over what the defaults say', async () => {
    const project = await makeProject();
    try {
      await project.write({
        'configs/pipeline.yaml': [
          'version: 1',
          'name: test',
          'defaults: { onFailure: fail-fast, queueTimeout: 1h, retry: { maxBackoff: 1m, nonRetryable: [NUMERICS] } }',
          'tasks:',
          '  a: { uses: model, with: train.yaml, optional: true, env: [B, A, B], totalTimeout: 5d, retry: { coefficient: 3, nonRetryable: [DATASET] } }',
          '  b: { uses: model, with: train.yaml, onFailure: stop-dependents, retry: { backoff: 30s } }',
          '',
        ].join('\n'),
      });
      const { tasks } = await project.plan();
      const said = tasks.map(({ stage, onFailure, queueTimeoutMs, totalTimeoutMs, optional, env, retry }) => ({
        stage,
        onFailure,
        queueTimeoutMs,
        totalTimeoutMs,
        optional,
        env,
        retry,
      }));
      assert.deepEqual(said, [
        {
          stage: 4,
          onFailure: 'fail-fast',
          queueTimeoutMs: 3_600_000,
          totalTimeoutMs: 432_000_000,
          optional: true,
          env: ['B', 'A'],
          retry: { attempts: 3, backoffMs: 5000, coefficient: 3, maxBackoffMs: 60_000, nonRetryable: ['DATASET'] },
        },
        {
          stage: 4,
          onFailure: 'stop-dependents',
          queueTimeoutMs: 3_600_000,
          totalTimeoutMs: null,
          optional: false,
          env: [],
          retry: { attempts: 3, backoffMs: 30_000, coefficient: 2, maxBackoffMs: 60_000, nonRetryable: ['NUMERICS'] },
        },
      ]);
    } finally {
      await project.remove();
    }
  });
});
