/** What a project's things are called on a Temporal server: each name begins with the project's id, so that two projects never share one. */
import type { Queue } from '../configs/schema/pipeline.js';

export function taskQueueOf(project: string, queue: Queue): string {
  return `${project}-${queue}`;
}

/** The queue of that kind that belongs to the same project as `taskQueue`. */
export function queueBeside(taskQueue: string, queue: Queue): string {
  return `${taskQueue.slice(0, taskQueue.lastIndexOf('-') + 1)}${queue}`;
}

/** The worker deployment (decision 0009). */
export function deploymentOf(project: string): string {
  return `emo-aen-${project}`;
}

/** The execution that carries a run. */
export function workflowIdOf(project: string, run: string): string {
  return `${idPrefixOf(project)}${run}`;
}

/** How the ids of all runs of a project begin. */
export function idPrefixOf(project: string): string {
  return `emo-aen-${project}-`;
}

/** The run of a workflow; null for a workflow that is none of this project's. */
export function runOf(project: string, workflowId: string): string | null {
  const prefix = idPrefixOf(project);
  return workflowId.startsWith(prefix) ? workflowId.slice(prefix.length) : null;
}
