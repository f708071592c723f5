import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { makeProject, pipelineOf, type Project } from '../configs/load/project.js';
import { invoke } from './invoke.js';

const Verdict = z.strictObject({
  valid: z.boolean(),
  diagnostics: z.array(
    z.strictObject({
      file: z.string(),
      line: z.int(),
      column: z.int(),
      path: z.string(),
      message: z.string(),
      suggestion: z.string().nullable(),
      help: z.string().nullable(),
    }),
  ),
});

describe('emo-aen validate', () => {
  let project: Project;
  before(async () => {
    project = await makeProject();
  });
  after(() => project.remove());

  it('says what it has checked, and ends with 0', async () => {
    await project.write({ 'configs/pipeline.yaml': pipelineOf('model: { stage: 4, uses: model, with: train.yaml }') });
    assert.deepEqual(await invoke('validate', '--root', project.root), {
      code: 0,
      stdout: 'configs/pipeline.yaml is valid: 1 task, 2 files\n',
      stderr: '',
    });
    const json = await invoke('validate', '--root', project.root, '--json');
    assert.deepEqual(Verdict.parse(JSON.parse(json.stdout)), { valid: true, diagnostics: [] });
  });

  it('ends with 2 and tells everything at once, from files and options', async () => {
    await project.write({ 'configs/pipeline.yaml': pipelineOf('model: { stage: 4, uses: modell, with: train.yaml, hartbeat: 1m }') });
    const { code, stdout } = await invoke('validate', '--root', project.root, '--set', 'train.sede=1', '--set', 'nothing', '--json');
    assert.equal(code, 2);
    const { valid, diagnostics } = Verdict.parse(JSON.parse(stdout));
    assert.equal(valid, false);
    assert.deepEqual(
      diagnostics.map(({ file, line, column, suggestion }) => [file, line, column, suggestion]),
      [
        ['--set nothing', 1, 1, null],
        ['--set train.sede=1', 1, 1, 'train.seed'],
        ['configs/pipeline.yaml', 4, 28, 'model'],
        ['configs/pipeline.yaml', 4, 54, 'heartbeat'],
      ],
    );
  });

  it('ends with 2 where there is no pipeline', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'emo-aen-empty-'));
    try {
      const { code, stdout } = await invoke('validate', '--root', empty, '--json');
      assert.equal(code, 2);
      assert.equal(Verdict.parse(JSON.parse(stdout)).diagnostics[0]?.message, 'the pipeline is not there');
    } finally {
      await rm(empty, { recursive: true });
    }
  });
});

describe('emo-aen schema', () => {
  it('prints one schema, or all by kind', async () => {
    const committed: unknown = JSON.parse(await readFile(new URL('../../../configs/schema/train.schema.json', import.meta.url), 'utf8'));
    assert.deepEqual(JSON.parse((await invoke('schema', 'train')).stdout), committed);
    const all = z.record(z.string(), z.unknown()).parse(JSON.parse((await invoke('schema', '--json')).stdout));
    assert.deepEqual(Object.keys(all), ['pipeline', 'splits', 'manifest', 'dataset', 'preprocess', 'train', 'export']);
    assert.deepEqual(all['train'], committed);
  });

  it('writes them where editors look for them', async () => {
    const root = await mkdtemp(join(tmpdir(), 'emo-aen-schemas-'));
    try {
      assert.equal((await invoke('schema', 'export', '--write', '--root', root)).stdout, 'configs/schema/export.schema.json\n');
      const written = await readFile(join(root, 'configs/schema/export.schema.json'), 'utf8');
      assert.equal(written, await readFile(new URL('../../../configs/schema/export.schema.json', import.meta.url), 'utf8'));
    } finally {
      await rm(root, { recursive: true });
    }
  });

  it('refuses a kind that there is none of, with the nearest', async () => {
    const { code, stderr } = await invoke('schema', 'trian');
    assert.equal(code, 2);
    assert.equal(stderr, 'error: there is no schema `trian`\n  cure: did you mean `train`?\n');
  });
});

describe('emo-aen graph', () => {
  it('prints the tasks as JSON, or draws them, from the same pipeline', async () => {
    const project = await makeProject();
    try {
      await project.write({
        'configs/pipeline.yaml': pipelineOf(
          'b: { stage: 4, uses: model, with: train.yaml, needs: [a], queue: gpu }',
          'a: { stage: 1, uses: provision, with: train.yaml }',
        ),
      });
      const json = await invoke('graph', '--root', project.root, '--json');
      assert.deepEqual(JSON.parse(json.stdout), {
        pipeline: 'test',
        run: null,
        tasks: [
          { name: 'a', stage: 1, queue: 'cpu', needs: [] },
          { name: 'b', stage: 4, queue: 'gpu', needs: ['a'] },
        ],
      });
      const mermaid = await invoke('graph', '--root', project.root);
      assert.match(mermaid.stdout, /^flowchart TD\n {2}a\["1 · a"\]\n {2}b\["4 · b"\]:::gpu\n {2}a --> b\n/);
      const svg = await invoke('graph', '--root', project.root, '--format', 'svg');
      assert.equal((svg.stdout.match(/<rect /g) ?? []).length, 2);
    } finally {
      await project.remove();
    }
  });
});
