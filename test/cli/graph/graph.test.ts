import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { layOut } from '../../../cli/graph/layers.js';
import { mermaid } from '../../../cli/graph/mermaid.js';
import { lookOf, STATES } from '../../../cli/graph/states.js';
import { svg } from '../../../cli/graph/svg.js';
import { compilePlan } from '../../../configs/load/compile.js';
import { BUILT_IN } from '../../../configs/schema/catalog.js';
import { TaskState } from '../../../configs/schema/ledger.js';
import { layered } from '../../workflows/plans.js';

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

  const states = ['done', 'running', 'blocked', 'waiting'] as const;
  const run = states.map((state, index) => ({
    name: `t${index}`,
    stage: 1,
    queue: 'cpu' as const,
    needs: index === 0 ? [] : [`t${index - 1}`],
    state,
  }));

  it('shows the states of a run by colour, mark and word: in every Mermaid node, in the legend of an SVG', () => {
    const text = mermaid(run);
    assert.match(text, /^ {2}t0\["✓ 1 · t0 · done"\]:::done$/m);
    assert.match(text, /^ {2}t2\["✗ 1 · t2 · blocked"\]:::blocked$/m);
    assert.match(text, /^ {2}classDef blocked fill:#fbe0cf,stroke:#d55e00/m);
    const drawing = svg('a run', run);
    for (const [index, state] of states.entries()) {
      assert.match(drawing, new RegExp(`<g class="task cpu ${state}"><title>t${index} is ${state}</title>`));
      assert.match(drawing, new RegExp(`<g class="${state}"><rect [^>]+/><text [^>]+>. ${state}</text></g>`), 'the legend');
      assert.match(drawing, new RegExp(`\\.${state} rect \\{ fill: #[0-9a-f]{6}; stroke: #[0-9a-f]{6};`));
    }
    assert.doesNotMatch(drawing, /skipped/, 'what no task is does not stand in the legend');
  });

  it('has a mark and colours of its own for every state', () => {
    const looks = STATES.map(lookOf);
    assert.deepEqual(new Set(STATES), new Set(TaskState.options));
    assert.equal(new Set(looks.map(({ stroke }) => stroke)).size, STATES.length);
    const marks = new Set(STATES.filter((state) => state !== 'cancelled').map((state) => lookOf(state).mark));
    assert.equal(marks.size, STATES.length - 1, 'skipped and cancelled share one');
  });

  it('draws a thousand tasks with edges across many layers', () => {
    const tasks = layered(1_000, 50).tasks.map((task) => ({ ...task, state: 'done' as const }));
    const [first] = tasks;
    assert.ok(first !== undefined);
    // Some edges that pass many layers, as a last task has that needs one of the first.
    const longer = tasks.map((task, index) => (index > 900 ? { ...task, needs: [...task.needs, first.name] } : task));
    const drawing = svg('many', longer);
    const text = mermaid(longer);
    assert.equal(drawing.match(/<g class="task /g)?.length, 1_000);
    assert.equal(text.match(/:::done/g)?.length, 1_000);
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
