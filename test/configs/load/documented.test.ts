import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeProject, pipelineOf, REPOSITORY } from './project.js';

/** Around `warm.yaml`, which the document shows by itself. */
const GOING_ON = [
  'audit: { uses: audit, with: ../dataset.yaml }',
  'preprocess: { uses: preprocess, needs: [audit], with: ../preprocess.yaml }',
  'model: { uses: model, with: train.yaml }',
  'pretrain: { uses: train, needs: [preprocess, model], with: train.yaml, queue: gpu }',
  'again: { uses: model, needs: [pretrain], with: warm.yaml }',
];

describe('docs/configuration.md', () => {
  it('shows files that are valid, and what is said of the one that is not', async () => {
    const text = await readFile(join(REPOSITORY, 'docs/configuration.md'), 'utf8');
    const blocks = [...text.matchAll(/```yaml\n(# (\S+)\n[\s\S]*?)```/g)].map(([, content = '', path = '']) => [path, content] as const);
    assert.deepEqual(
      blocks.map(([path]) => path),
      ['train', 'pipeline', 'seeds', 'warm', 'broken'].map((name) => `configs/mine/${name}.yaml`),
    );
    const project = await makeProject();
    try {
      await project.write(Object.fromEntries(blocks));
      assert.equal(await project.faults('configs/mine/pipeline.yaml'), '');
      assert.equal(await project.faults('configs/mine/seeds.yaml'), '');
      await project.write({ 'configs/mine/going-on.yaml': pipelineOf(...GOING_ON) });
      assert.equal(await project.faults('configs/mine/going-on.yaml'), '');
      assert.equal(`${await project.faults('configs/mine/broken.yaml')}\n`, /```text\n([\s\S]*?)```/.exec(text)?.[1]);
    } finally {
      await project.remove();
    }
  });
});
