/** From YAML on disk to the normalised plan that a run starts with (design §4): read, merge, check all of it, then fill in and narrow. */
import { resolve } from 'node:path';
import { DEFAULT_PIPELINE } from '../default-pipeline.js';
import type { Catalog } from '../schema/catalog.js';
import { Pipeline } from '../schema/pipeline.js';
import type { Override, Plan } from '../schema/plan.js';
import { ancestryOf } from './ancestry.js';
import { checkArtifacts } from './artifacts.js';
import { canonicalHash } from './canonical.js';
import { check } from './check.js';
import { ConfigurationProblem, Diagnostics } from './diagnostics.js';
import { draftTasks } from './draft.js';
import { textWith } from './expressions.js';
import { legsOf, Names, type Leg } from './legs.js';
import { inlineSource } from './located.js';
import { orderTasks } from './order.js';
import { locateOverrides } from './overrides.js';
import { parseMap } from './parse.js';
import { plannedTask, type Ready } from './planned.js';
import { isBelow, readText, shownPath, type Bounds, type TextFile } from './read.js';
import { referencesOf } from './references.js';
import { checkTasks } from './tasks.js';
import { checkVariables } from './variables.js';
import { SettingsReader } from './with.js';

const NO_CONFIGS =
  'copy the folder configs/ of emo-aen into the project root, name another root with --root, or a pipeline with --pipeline';

/** A plan, or null where something was found that keeps it from being one. */
export interface Compilation {
  readonly plan: Plan | null;
  readonly found: Diagnostics;
}

/**
 * The plan of a pipeline. `pipelineFile` is relative to `root` (absolute) or absolute; `catalog` is that of the project in `root`.
 * @throws ConfigurationProblem with every fault of every file.
 */
export async function compilePlan(root: string, pipelineFile: string, overrides: readonly Override[], catalog: Catalog): Promise<Plan> {
  const { plan, found } = await diagnose(root, pipelineFile, overrides, catalog, new Diagnostics());
  if (plan === null) throw new ConfigurationProblem(found);
  return plan;
}

/** {@link compilePlan} that adds the faults to `found` instead of throwing them; a plan only if there are none at all. */
export async function diagnose(
  root: string,
  pipelineFile: string,
  overrides: readonly Override[],
  catalog: Catalog,
  found: Diagnostics,
): Promise<Compilation> {
  const absolute = resolve(root, pipelineFile);
  const changes = locateOverrides(overrides, catalog, found);
  const file = await readPipeline(absolute, root, found);
  const tree = file === null ? null : parseMap(file.source, found);
  if (file === null || tree === null) return { plan: null, found };

  const pipeline = check(Pipeline, tree, found);
  const drafts = draftTasks(tree, catalog);
  const names = new Names(drafts, found);
  checkTasks(tree, drafts, names, catalog, found);
  const legs = legsOf(drafts, names, found);
  const ancestry = ancestryOf(orderTasks(legs).order, ({ sound, task }) => sound && task.activity !== null);
  checkArtifacts(ancestry, catalog, found);

  const bounds: Bounds = { root, within: isBelow(root, absolute) ? root : null };
  const reader = new SettingsReader(absolute, changes, catalog, bounds, found);
  const ready = new Map<Leg, Ready>();
  for (const leg of legs) {
    const settings = await reader.read(leg);
    const approval = leg.task.approval;
    const path = ['tasks', leg.task.name, 'approval'];
    const asked =
      approval === null ? null : textWith(approval, { task: leg.task.name, values: leg.values, faulty: leg.faulty, path }, found);
    if (settings === null) continue;
    checkVariables(leg.task, settings.sources, found);
    const references = referencesOf(leg, settings.referring, names, ancestry, found);
    ready.set(leg, { leg, settings, references, approval: asked });
  }
  reader.reportUnread(drafts);
  if (pipeline === null || !found.empty) return { plan: null, found };
  const tasks = ancestry.order.flatMap((leg) => ready.get(leg) ?? []).map((task) => plannedTask(task, pipeline));
  const plan = { version: 1 as const, pipeline: pipeline.name, file: file.path, tasks };
  return { plan: { ...plan, hash: canonicalHash(plan) }, found };
}

async function readPipeline(absolute: string, root: string, found: Diagnostics): Promise<TextFile | null> {
  const shown = shownPath(root, absolute);
  const span = { source: inlineSource(shown, shown), start: 0, end: shown.length };
  const cure = shown === DEFAULT_PIPELINE ? NO_CONFIGS : '--pipeline takes a path relative to the project root, or an absolute one';
  return readText(absolute, root, span, [], found, cure);
}
