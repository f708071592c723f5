/** The DAG as Mermaid text, which GitHub and many editors draw. */
import type { TaskState } from '../../configs/schema/ledger.js';
import type { PlannedTask } from '../../configs/schema/plan.js';
import { lookOf, present } from './states.js';

export interface DrawnTask extends Pick<PlannedTask, 'name' | 'stage' | 'queue' | 'needs'> {
  /** Where it stands in a run; absent where the pipeline alone is drawn. */
  readonly state?: TaskState;
}

/** Words that mean something to Mermaid where the name of a node is expected. */
const RESERVED = new Set(['end', 'graph', 'subgraph', 'flowchart', 'class', 'click', 'style', 'default', 'direction', 'call', 'href']);

/** A flowchart from top to bottom: a line a task, a line a need; tasks of the `gpu` queue stand out, states have colour, mark and word. */
export function mermaid(tasks: readonly DrawnTask[]): string {
  const nodes = tasks.map(
    (task) =>
      `  ${id(task.name)}["${labelOf(task)}"]${classesOf(task)
        .map((each) => `:::${each}`)
        .join('')}`,
  );
  const edges = tasks.flatMap(({ name, needs }) => needs.map((need) => `  ${id(need)} --> ${id(name)}`));
  const classes = present(tasks).map((state) => {
    const { light, stroke } = lookOf(state);
    return `  classDef ${state} fill:${light},stroke:${stroke},color:#1f2328`;
  });
  return ['flowchart TD', ...nodes, ...edges, ...classes, '  classDef gpu stroke-width:3px'].join('\n');
}

function labelOf({ name, stage, state }: DrawnTask): string {
  return state === undefined ? `${stage} · ${name}` : `${lookOf(state).mark} ${stage} · ${name} · ${state}`;
}

function classesOf({ state, queue }: DrawnTask): string[] {
  return [...(state === undefined ? [] : [state]), ...(queue === 'gpu' ? ['gpu'] : [])];
}

function id(name: string): string {
  return RESERVED.has(name) ? `task-${name}` : name;
}
