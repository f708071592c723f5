/** `npm run bench -- orchestrate`: the parts that it measures, one after the other, and what each number may be at most. */
import { joined, type Findings } from '../report.js';
import { measureLimits } from './limits.js';
import { measurePlan } from './plan.js';
import { measureReused } from './reused.js';
import { measureTasks } from './tasks.js';

export interface OrchestrateOptions {
  /** Times that each is measured. */
  readonly rounds: number;
  /** Names of parts; all where it is left out. */
  readonly only?: readonly string[];
}

export type Note = (text: string) => void;
type Part = (options: OrchestrateOptions, note: Note) => Promise<Findings>;

export const PARTS: Readonly<Record<string, Part>> = {
  tasks: measureTasks,
  limits: measureLimits,
  plan: measurePlan,
  reused: measureReused,
};

export const LIMITS: Readonly<Record<string, number>> = {
  perTaskMs: 50,
  thousandTasksSeconds: 60,
  afterHeartbeatTimeoutSeconds: 2,
  planOfThousandSeconds: 1,
  historyEvents: 2_000,
  reusedRunSeconds: 3,
};

export async function benchOrchestrate(options: OrchestrateOptions, note: Note): Promise<Findings> {
  const found: Findings[] = [];
  for (const [name, measure] of Object.entries(PARTS)) if (options.only?.includes(name) ?? true) found.push(await measure(options, note));
  return joined(found);
}
