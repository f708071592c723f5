import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Artifact } from '../../configs/schema/payload.js';
import { ancestors, inputsIn } from '../../workflows/graph.js';
import { planned } from './plans.js';

const NAMES = ['a', 'b', 'c'];

describe('where a task gets what it reads from', () => {
  it('is the last task before it that made each artifact, and the tasks that its settings refer to', () => {
    const names = fc.subarray(NAMES);
    const dag = fc.array(fc.record({ needs: fc.array(fc.nat(11)), reads: names, provides: names, makes: names, refers: fc.nat(11) }), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(dag, (drawn) => {
        const tasks = drawn.map(({ needs, reads, provides, refers }, index) => {
          const before = [...new Set(needs)].filter((need) => need < index).map((need) => `t${need}`);
          const references = refers < index ? [{ path: ['x'], task: `t${refers}`, output: 'a' }] : [];
          return planned(`t${index}`, { needs: before, reads, provides, references });
        });
        const made = (task: string): Artifact[] => {
          const { provides = [], makes = [] } = drawn[Number(task.slice(1))] ?? {};
          return provides.filter((name) => makes.includes(name)).map((name) => ({ name, path: `${task}/${name}`, sha256: '', bytes: 0 }));
        };
        const inputs = inputsIn(tasks);
        for (const task of tasks) {
          const before = tasks.filter(({ name }) => ancestors(tasks, task.name).has(name));
          const read = task.reads.flatMap((artifact) => {
            const all = before.flatMap(({ name }) => made(name).filter((one) => one.name === artifact));
            return all.slice(-1);
          });
          const referred = task.references.flatMap(({ task: maker, output }) => made(maker).filter(({ name }) => name === output));
          assert.deepEqual(
            inputs.of(task, made).map(({ path }) => path),
            [...read, ...referred].map(({ path }) => path),
          );
          const providers = before.filter(({ provides }) => provides.some((name) => task.reads.includes(name))).map(({ name }) => name);
          assert.deepEqual(new Set(inputs.sources(task)), new Set([...providers, ...task.references.map((reference) => reference.task)]));
        }
      }),
    );
  });
});
