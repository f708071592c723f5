/** From YAML on disk to the normalised plan that a run starts with (design §4): read, merge, check all of it, then fill in and narrow. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { CATALOG, type ActivityName, type CatalogEntry } from '../schema/catalog.js';
import { Pipeline } from '../schema/pipeline.js';
import type { Override, Plan, PlannedTask } from '../schema/plan.js';
import { canonicalHash } from './canonical.js';
import { check } from './check.js';
import { ConfigurationProblem, Diagnostics } from './diagnostics.js';
import { draftTasks, isActivity } from './draft.js';
import { milliseconds } from './duration.js';
import { inlineSource } from './located.js';
import { orderTasks } from './order.js';
import { locateOverrides } from './overrides.js';
import { parseMap } from './parse.js';
import { isBelow, readText, shownPath, type Bounds, type TextFile } from './read.js';
import { checkTasks } from './tasks.js';
import { settingsOfTasks, type Settings } from './with.js';

/** The pipeline of a project, relative to its root. */
export const DEFAULT_PIPELINE = 'configs/pipeline.yaml';

const NO_CONFIGS =
  'copy the folder configs/ of emo-aen into the project root, name another root with --root, or a pipeline with --pipeline';

/** What a task gets where neither it nor `defaults` says anything. */
const DEFAULTS = { queue: 'cpu', timeout: '10m', attempts: 3, backoff: '5s', coefficient: 2, maxBackoffMs: 300_000 } as const;

/** A plan, or null where something was found that keeps it from being one. */
export interface Compilation {
  readonly plan: Plan | null;
  readonly found: Diagnostics;
}

/**
 * The plan of a pipeline. `pipelineFile` is relative to `root` (absolute) or absolute.
 * @throws ConfigurationProblem with every fault of every file.
 */
export async function compilePlan(root: string, pipelineFile: string, overrides: readonly Override[]): Promise<Plan> {
  const { plan, found } = await diagnose(root, pipelineFile, overrides, new Diagnostics());
  if (plan === null) throw new ConfigurationProblem(found);
  return plan;
}

/** {@link compilePlan} that adds the faults to `found` instead of throwing them; a plan only if there are none at all. */
export async function diagnose(
  root: string,
  pipelineFile: string,
  overrides: readonly Override[],
  found: Diagnostics,
): Promise<Compilation> {
  const absolute = resolve(root, pipelineFile);
  const changes = locateOverrides(overrides, found);
  const file = await readPipeline(absolute, root, found);
  const tree = file === null ? null : parseMap(file.source, found);
  if (file === null || tree === null) return { plan: null, found };

  const pipeline = check(Pipeline, tree, found);
  const drafts = draftTasks(tree);
  checkTasks(tree, drafts, found);
  const bounds: Bounds = { root, within: isBelow(root, absolute) ? root : null };
  const settings = await settingsOfTasks(absolute, drafts, changes, bounds, found);
  if (pipeline === null || !found.empty) return { plan: null, found };
  return { plan: planOf(pipeline, file.path, settings), found };
}

async function readPipeline(absolute: string, root: string, found: Diagnostics): Promise<TextFile | null> {
  const shown = shownPath(root, absolute);
  const span = { source: inlineSource(shown, shown), start: 0, end: shown.length };
  const cure = shown === DEFAULT_PIPELINE ? NO_CONFIGS : '--pipeline takes a path relative to the project root, or an absolute one';
  return readText(absolute, root, span, [], found, cure);
}

function planOf(pipeline: Pipeline, file: string, settings: ReadonlyMap<string, Settings>): Plan {
  const declared = Object.entries(pipeline.tasks).map(([name, task]) => ({ ...task, name, needs: task.needs ?? [] }));
  const tasks = orderTasks(declared).order.map((task) => plannedTask(task, pipeline.defaults ?? {}, settings.get(task.name)));
  const plan = { version: 1 as const, pipeline: pipeline.name, file, tasks };
  return { ...plan, hash: canonicalHash(plan) };
}

type Declared = Pipeline['tasks'][string] & { readonly name: string; readonly needs: readonly string[] };

function plannedTask(task: Declared, defaults: NonNullable<Pipeline['defaults']>, settings: Settings | undefined): PlannedTask {
  if (!isActivity(task.uses) || settings === undefined) throw new Error(`${task.name} was not checked`);
  const entry: CatalogEntry = CATALOG[task.uses];
  const { version, kind, reads, provides } = entry;
  const read = narrow(task.uses, settings.value);
  const heartbeat = task.heartbeat ?? defaults.heartbeat;
  return {
    name: task.name,
    stage: task.stage,
    uses: task.uses,
    version,
    outside: entry.outside(read),
    needs: [...task.needs],
    queue: task.queue ?? defaults.queue ?? DEFAULTS.queue,
    kind,
    settings: read,
    settingsFiles: [...settings.files],
    reads: [...reads],
    provides: [...provides],
    timeoutMs: checked(task.timeout ?? defaults.timeout ?? DEFAULTS.timeout),
    heartbeatMs: heartbeat === undefined ? null : checked(heartbeat),
    retry: {
      attempts: task.retry?.attempts ?? defaults.retry?.attempts ?? DEFAULTS.attempts,
      backoffMs: Math.max(1, checked(task.retry?.backoff ?? defaults.retry?.backoff ?? DEFAULTS.backoff)),
      coefficient: DEFAULTS.coefficient,
      maxBackoffMs: DEFAULTS.maxBackoffMs,
      nonRetryable: [],
    },
    queueTimeoutMs: null,
    totalTimeoutMs: null,
    onFailure: 'stop-dependents',
    optional: false,
    approval: null,
    leg: null,
    env: [],
    references: [],
  };
}

/** Of a whole settings file, what the activity reads: all that its fingerprint covers. */
function narrow(activity: ActivityName, whole: unknown): unknown {
  const schema: z.ZodType = CATALOG[activity].settings;
  return schema instanceof z.ZodObject ? schema.strip().parse(whole) : schema.parse(whole);
}

function checked(duration: string): number {
  const time = milliseconds(duration);
  if (time === undefined) throw new Error(`${duration} was not checked`);
  return time;
}
