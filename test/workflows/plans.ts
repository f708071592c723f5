/** Made-up plans and short ways of looking at a ledger. */
import type { Ledger, LedgerTask } from '../../configs/schema/ledger.js';
import { madeTask, planOfShape } from '../../bench/orchestrate/made-plan.js';
import type { Plan, PlannedTask } from '../../configs/schema/plan.js';
import type { PipelineInput } from '../../workflows/input.js';

/** Retries without a wait that anybody notices. */
export function quickly(attempts: number): PlannedTask['retry'] {
  return { attempts, backoffMs: 10, coefficient: 2, maxBackoffMs: 300_000, nonRetryable: [] };
}

/** A task of a made-up plan: no settings, quick retries. */
export function planned(name: string, change: Partial<PlannedTask> = {}): PlannedTask {
  return madeTask(name, { uses: name, timeoutMs: 60_000, retry: quickly(3), ...change });
}

export function planOf(...tasks: PlannedTask[]): Plan {
  return { version: 1, pipeline: 'test', file: 'configs/test.yaml', tasks, hash: '0'.repeat(64) };
}

/** Tasks that do nothing: one leads to the first `width`, one of these to the next, and so on. */
export function layered(tasks: number, width: number): Plan {
  return planOfShape({ levels: tasks / width, width });
}

export function inputOf(run: string, plan: Plan, change: Partial<PipelineInput> = {}): PipelineInput {
  return {
    run,
    number: 1,
    plan,
    candidates: [],
    fresh: false,
    until: null,
    overrides: [],
    by: 'a test',
    attributes: false,
    carried: null,
    ...change,
  };
}

export function taskIn(ledger: Ledger, name: string): LedgerTask {
  const task = ledger.tasks.find(({ plan }) => plan.name === name);
  if (task === undefined) throw new Error(`no task ${name}`);
  return task;
}

/** `name: state` of every task. */
export function states(ledger: Ledger): Record<string, string> {
  return Object.fromEntries(ledger.tasks.map(({ plan, state }) => [plan.name, state]));
}
