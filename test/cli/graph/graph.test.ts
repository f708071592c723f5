import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { layOut } from '../../../cli/graph/layers.js';
import { mermaid } from '../../../cli/graph/mermaid.js';
import { svg } from '../../../cli/graph/svg.js';
import { compilePlan } from '../../../configs/load/compile.js';
import { BUILT_IN } from '../../../configs/schema/catalog.js';

/** This file runs from dist/test/cli/graph/. */
const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));

describe('drawing the DAG', () => {
  it('makes the picture that is committed as docs/pipeline.svg', async () => {
    const plan = await compilePlan(REPOSITORY, 'configs/pipeline.yaml', [], BUILT_IN);
    const committed = await readFile(join(REPOSITORY, 'docs/pipeline.svg'), 'utf8');
    assert.equal(committed, `${svg(plan.pipeline, plan.tasks)}\n`, 'run `emo-aen graph --format svg > docs/pipeline.svg`');
  });

  it('writes a Mermaid node a task and an arrow a need, and keeps clear of its reserved words', () => {
    const tasks = [
      { name: 'train', stage: 5, queue: 'gpu' as const, needs: [] },
      { name: 'end', stage: 6, queue: 'cpu' as const, needs: ['train'] },
    ];
    assert.equal(
      mermaid(tasks),
      [
        'flowchart TD',
        '  train["5 · train"]:::gpu',
        '  task-end["6 · end"]',
        '  train --> task-end',
        '  classDef gpu stroke-width:3px',
      ].join('\n'),
    );
  });

  it('puts every task below those it needs, and no two in one place', () => {
    const dag = fc.integer({ min: 1, max: 20 }).chain((count) =>
      fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 2 * count }).map((pairs) =>
        Array.from({ length: count }, (_, task) => ({
          name: `t${task}`,
          needs: [...new Set(pairs.filter(([from, to]) => from < to && to === task).map(([from]) => `t${from}`))],
        })),
      ),
    );
    fc.assert(
      fc.property(dag, (tasks) => {
        const { places, edges, width, height } = layOut(tasks);
        const byName = new Map(places.map((place) => [place.name, place]));
        for (const { name, needs } of tasks) {
          for (const need of needs) assert.ok((byName.get(need)?.layer ?? Infinity) < (byName.get(name)?.layer ?? -1));
        }
        assert.equal(
          edges.length,
          tasks.reduce((sum, { needs }) => sum + needs.length, 0),
        );
        for (const edge of edges) edge.slice(1).forEach((to, index) => assert.equal(to.layer, (edge[index]?.layer ?? 0) + 1));
        for (const layer of Array.from({ length: height }, (_, index) => places.filter((place) => place.layer === index))) {
          const across = layer.map(({ x }) => x).sort((a, b) => a - b);
          across.slice(1).forEach((x, index) => assert.ok(x - (across[index] ?? 0) >= 1 - 1e-9));
          assert.ok(across.every((x) => x >= 0 && x + 1 <= width + 1e-9));
        }
      }),
    );
  });
});
