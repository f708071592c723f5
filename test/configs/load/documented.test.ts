import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeProject, REPOSITORY } from './project.js';

describe('docs/configuration.md', () => {
  it('shows files that are valid, and what is said of the one that is not', async () => {
    const text = await readFile(join(REPOSITORY, 'docs/configuration.md'), 'utf8');
    const blocks = [...text.matchAll(/```yaml\n(# (\S+)\n[\s\S]*?)```/g)].map(([, content = '', path = '']) => [path, content] as const);
    assert.deepEqual(
      blocks.map(([path]) => path),
      ['configs/mine/train.yaml', 'configs/mine/pipeline.yaml', 'configs/mine/broken.yaml'],
    );
    const project = await makeProject();
    try {
      await project.write(Object.fromEntries(blocks));
      assert.equal(await project.faults('configs/mine/pipeline.yaml'), '');
      assert.equal(`${await project.faults('configs/mine/broken.yaml')}\n`, /```text\n([\s\S]*?)```/.exec(text)?.[1]);
    } finally {
      await project.remove();
    }
  });
});
