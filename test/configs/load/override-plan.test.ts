import assert from 'node:assert/strict';
import { compilePlan } from '../../../configs/load/compile.js';
import { ConfigurationProblem } from '../../../configs/load/diagnostics.js';
import { overrideSettings } from '../../../configs/load/override-plan.js';
import { parseOverrides } from '../../../configs/load/overrides.js';
import { CATALOG } from '../../../configs/schema/catalog.js';
import type { Plan } from '../../../configs/schema/plan.js';
import { REPOSITORY } from './project.js';

describe('overriding the settings of a run that exists', () => {
  let plan: Plan;
  before(async () => {
    plan = await compilePlan(REPOSITORY, 'configs/pipeline.yaml', []);
  });
  const changed = (...set: string[]): string[] => overrideSettings(plan, parseOverrides(set)).map(({ name }) => name);
  const refusal = (...set: string[]): string => {
    try {
      changed(...set);
    } catch (error) {
      if (error instanceof ConfigurationProblem) return error.describe();
      throw error;
    }
    return 'accepted';
  };

  it('gives the tasks that read the setting, with its new value and all others as they were', () => {
    assert.deepEqual(changed('train.loop.pairs=8'), ['train', 'evaluate']);
    assert.deepEqual(changed('train.optimizer.lr=1e-3', 'export.quantize.calibrationPhotos=64'), ['train', 'quantize']);
    const [train] = overrideSettings(plan, parseOverrides(['train.loop.pairs=8']));
    const before = plan.tasks.find(({ name }) => name === 'train');
    const settings = CATALOG.train.settings.parse(before?.settings);
    assert.deepEqual(train, { ...before, settings: { ...settings, loop: { ...settings.loop, pairs: 8 } } });
  });

  it('decides anew whether the task looks outside', () => {
    const [model] = overrideSettings(plan, parseOverrides(['train.model.weights.sha256=null']));
    assert.deepEqual([model?.name, model?.outside], ['model', true]);
  });

  it('gives none where the value is what it was', () => {
    assert.deepEqual(changed('train.loop.pairs=16'), []);
  });

  it('refuses what no task reads, and what cannot be', () => {
    const small: Plan = { ...plan, tasks: plan.tasks.filter(({ uses }) => uses === 'model') };
    assert.throws(
      () => overrideSettings(small, parseOverrides(['train.loop.pairs=8'])),
      (error: unknown) =>
        error instanceof ConfigurationProblem &&
        error.describe() === '--set train.loop.pairs=8: no task of this run reads this setting\n\n1 problem found',
    );
    assert.equal(
      refusal('train.loop.pears=8', 'train.loop.pairs=0', 'preprocess.crop=300'),
      [
        '--set train.loop.pears=8: unknown setting `train.loop.pears`',
        '  did you mean `train.loop.pairs`?',
        '  valid keys in `train.loop`: pairs, accumulate, clip, mixedPrecision, explosion, stallSeconds',
        '',
        '--set preprocess.crop=300: crop must not be larger than resize',
        '',
        '--set train.loop.pairs=0: `loop.pairs` must be at least 1, not 0',
        '',
        '3 problems found',
      ].join('\n'),
    );
  });
});
