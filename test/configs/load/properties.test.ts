import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { compilePlan, diagnose } from '../../../configs/load/compile.js';
import { Diagnostics } from '../../../configs/load/diagnostics.js';
import { orderTasks } from '../../../configs/load/order.js';
import { makeProject, pipelineOf, type Project } from './project.js';
import { BUILT_IN } from '../../../configs/schema/catalog.js';

const model = { stage: 4, uses: 'model', with: 'train.yaml' };

describe('any pipeline', () => {
  let project: Project;
  before(async () => {
    project = await makeProject();
  });
  after(() => project.remove());

  it('without circles compiles to an order in which needs come first and every task comes once', async () => {
    const shuffledDag = fc.integer({ min: 1, max: 25 }).chain((count) =>
      fc.tuple(
        // Edges go from a later to an earlier number, so there is no circle; the names are then given out at random.
        fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 3 * count }),
        fc.shuffledSubarray([...Array(count).keys()], { minLength: count, maxLength: count }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(shuffledDag, async ([pairs, order]) => {
        const edges = pairs.filter(([a, b]) => a < b);
        const tasks = order.map((task) => {
          const needs = [...new Set(edges.filter(([, later]) => later === task).map(([earlier]) => `t${earlier}`))];
          return [`t${task}`, { ...model, needs }] as const;
        });
        await project.write({ 'configs/pipeline.yaml': stringify({ version: 1, name: 'test', tasks: Object.fromEntries(tasks) }) });
        const { tasks: planned } = await project.plan();
        assert.deepEqual(new Set(planned.map(({ name }) => name)), new Set(tasks.map(([name]) => name)));
        assert.equal(planned.length, tasks.length);
        const done = new Set<string>();
        for (const { name, needs } of planned) {
          assert.ok(
            needs.every((need) => done.has(need)),
            `${name} comes before what it needs`,
          );
          done.add(name);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('with circles is told of circles that are there, and of every one that holds tasks back', () => {
    const graph = fc
      .integer({ min: 1, max: 12 })
      .chain((count) => fc.array(fc.uniqueArray(fc.nat(count - 1), { maxLength: 3 }), { minLength: count, maxLength: count }));
    fc.assert(
      fc.property(graph, (needs) => {
        const tasks = needs.map((list, index) => ({ name: `t${index}`, needs: list.map((need) => `t${need}`) }));
        const { order, circles } = orderTasks(tasks);
        const needsOf = new Map(tasks.map((task) => [task.name, task.needs]));
        for (const circle of circles) {
          circle.forEach((name, index) => assert.ok(needsOf.get(name)?.includes(circle[(index + 1) % circle.length] ?? '')));
        }
        // Without the circles' tasks nothing is held back: so none was left untold.
        const inCircles = new Set(circles.flat());
        const rest = tasks.filter(({ name }) => !inCircles.has(name));
        assert.equal(orderTasks(rest).circles.length, 0);
        assert.equal(order.length === tasks.length, circles.length === 0);
      }),
    );
  });

  it('with an unknown key anywhere has a diagnostic at its line and column', async () => {
    const lines = [
      'extends: train.yaml',
      'loop:',
      '  pairs: 8',
      '  clip: 1',
      'model:',
      '  batchNorm:',
      '    momentum: 0.5',
      '    epsilon: 0.1',
    ];
    const name = fc.stringMatching(/^[a-z][a-zA-Z_]{0,11}$/).map((text) => `zz${text}`);
    await project.write({ 'configs/pipeline.yaml': pipelineOf('model: { stage: 4, uses: model, with: mine.yaml }') });
    await fc.assert(
      fc.asyncProperty(name, fc.integer({ min: 1, max: lines.length }), async (key, at) => {
        const indent = /^ */.exec(lines[at] ?? '')?.[0] ?? '';
        const text = [...lines.slice(0, at), `${indent}${key}: 1`, ...lines.slice(at)].join('\n');
        await project.write({ 'configs/mine.yaml': text });
        const found = new Diagnostics();
        const { plan } = await diagnose(project.root, 'configs/pipeline.yaml', [], BUILT_IN, found);
        assert.equal(plan, null);
        assert.deepEqual(
          found.list().map(({ file, line, column, message }) => ({ file, line, column, message })),
          [{ file: 'configs/mine.yaml', line: at + 1, column: indent.length + 1, message: `unknown key \`${key}\`` }],
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe('any text', () => {
  it('compiles or has diagnostics, and never anything else', async () => {
    const root = await mkdtemp(join(tmpdir(), 'emo-aen-text-'));
    const piece = fc.constantFrom(
      'version: 1\n',
      'name: a\n',
      'tasks:\n',
      '  a: ',
      '{',
      '}',
      '[',
      ']',
      '&x ',
      '*x',
      '- ',
      '\t',
      '"',
      "'",
      '|\n',
      '? ',
      ': ',
      '#',
      '!!set ',
      '%YAML 1.1\n',
      '---\n',
      '\r\n',
      '__proto__',
      'constructor: ',
      '<<: ',
      '\u0000',
      '😀',
      '1e999',
      '.nan',
    );
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.oneof(piece, fc.string()), { maxLength: 25 }), async (pieces) => {
          await writeFile(join(root, 'p.yaml'), pieces.join(''));
          const found = new Diagnostics();
          const { plan } = await diagnose(root, 'p.yaml', [], BUILT_IN, found);
          assert.equal(plan === null, !found.empty);
          assert.equal(found.render() === '', found.empty);
        }),
        { numRuns: 300 },
      );
    } finally {
      await rm(root, { recursive: true });
    }
  });
});

describe('a pipeline of a thousand tasks', () => {
  it('compiles, where following every path of needs would never end', async () => {
    const project = await makeProject();
    try {
      const layer = (index: number): string[] => (index < 50 ? [] : Array.from({ length: 5 }, (_, k) => `t${index - 50 + k}`));
      const tasks = Array.from({ length: 1000 }, (_, index) => [`t${index}`, { ...model, needs: layer(index) }] as const);
      await project.write({ 'configs/pipeline.yaml': stringify({ version: 1, name: 'test', tasks: Object.fromEntries(tasks) }) });
      const plan = await compilePlan(project.root, 'configs/pipeline.yaml', [], BUILT_IN);
      assert.equal(plan.tasks.length, 1000);
    } finally {
      await project.remove();
    }
  });
});
