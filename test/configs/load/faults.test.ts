import assert from 'node:assert/strict';
import { SOUND } from './faults/case.js';
import { LANGUAGE_FAULTS } from './faults/language.js';
import { OVERRIDES_FAULTS } from './faults/overrides.js';
import { PIPELINE_FAULTS } from './faults/pipeline.js';
import { REFUSED_FAULTS } from './faults/refused.js';
import { SETTINGS_FAULTS } from './faults/settings.js';
import { SYNTAX_FAULTS } from './faults/syntax.js';
import { makeProject, type Project } from './project.js';

describe('a configuration that is wrong', () => {
  let project: Project;
  before(async () => {
    project = await makeProject();
  });
  after(() => project.remove());

  for (const { what, pipeline = SOUND, files = {}, set = [], says } of [
    ...SYNTAX_FAULTS,
    ...PIPELINE_FAULTS,
    ...LANGUAGE_FAULTS,
    ...REFUSED_FAULTS,
    ...SETTINGS_FAULTS,
    ...OVERRIDES_FAULTS,
  ]) {
    it(`is told of ${what}`, async () => {
      await project.write({ 'configs/pipeline.yaml': pipeline, ...files });
      assert.equal(await project.faults('configs/pipeline.yaml', ...set), says.join('\n'));
    });
  }

  it('is told where there is none, with the cure or the nearest name', async () => {
    const empty = await makeProject();
    try {
      const cure =
        'copy the folder configs/ of emo-aen into the project root, name another root with --root, or a pipeline with --pipeline';
      assert.equal(await empty.faults(), `configs/pipeline.yaml: the pipeline is not there\n  ${cure}\n\n1 problem found`);
      await empty.write({ 'configs/mine.yaml': SOUND });
      const near = 'configs/mime.yaml: the pipeline is not there\n  did you mean `mine.yaml`?\n\n1 problem found';
      assert.equal(await empty.faults('configs/mime.yaml'), near);
    } finally {
      await empty.remove();
    }
  });

  for (const [what, nonsense] of Object.entries({
    'a key that is set thousands of times': `{${'a: 1, '.repeat(20_000)}}`,
    'thousands of aliases without an anchor': `[${'*x, '.repeat(20_000)}]`,
    'a word as long as the file': `https://a b: ${'x'.repeat(100_000)}`,
    'keys as long as the file': `${'x'.repeat(100_000)}: 1\n${'x'.repeat(100_000)}: 2`,
  }))
    it(`is told in few words of ${what}, all on one line`, async () => {
      await project.write({ 'configs/pipeline.yaml': nonsense });
      const told = await project.faults();
      assert.match(told, /^configs\/pipeline.yaml:1:\d+: |\n(more than 100|\d+) problems? found/);
      assert.ok(told.length < 50_000, `${told.length} characters`);
    });

  it('is found quickly to be nested beyond reading', async () => {
    await project.write({ 'configs/pipeline.yaml': '['.repeat(200_000) });
    assert.match(await project.faults(), /^configs\/pipeline.yaml:1:\d+: nested too deeply\n/);
  });
});
