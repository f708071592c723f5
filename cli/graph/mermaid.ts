/** The DAG as Mermaid text, which GitHub and many editors draw. */
import type { PlannedTask } from '../../configs/schema/plan.js';

export type DrawnTask = Pick<PlannedTask, 'name' | 'stage' | 'queue' | 'needs'>;

/** Words that mean something to Mermaid where the name of a node is expected. */
const RESERVED = new Set(['end', 'graph', 'subgraph', 'flowchart', 'class', 'click', 'style', 'default', 'direction', 'call', 'href']);

/** A flowchart from top to bottom: a line a task, a line a need; tasks of the `gpu` queue stand out. */
export function mermaid(tasks: readonly DrawnTask[]): string {
  const nodes = tasks.map(({ name, stage, queue }) => `  ${id(name)}["${stage} · ${name}"]${queue === 'gpu' ? ':::gpu' : ''}`);
  const edges = tasks.flatMap(({ name, needs }) => needs.map((need) => `  ${id(need)} --> ${id(name)}`));
  return ['flowchart TD', ...nodes, ...edges, '  classDef gpu stroke-width:3px'].join('\n');
}

function id(name: string): string {
  return RESERVED.has(name) ? `task-${name}` : name;
}
