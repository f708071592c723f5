/** `--set` on a run that has its plan already: the settings stand in the plan, no file is read again. */
import { type z } from 'zod';
import { CATALOG, type ActivityName, type CatalogEntry } from '../schema/catalog.js';
import type { Override, Plan, PlannedTask } from '../schema/plan.js';
import { canonicalJson } from './canonical.js';
import { check } from './check.js';
import { Diagnostics } from './diagnostics.js';
import { isActivity } from './draft.js';
import { fromValue, inlineSource, mergeMaps } from './located.js';
import { asLayer, isReadBy, locateOverrides, type LocatedOverride } from './overrides.js';

/**
 * The tasks of a plan whose settings the overrides change, as they then are; none where every value is as it was.
 * @throws ConfigurationProblem for an unknown setting, one that no task of the plan reads, or a value that it cannot have.
 */
export function overrideSettings(plan: Plan, overrides: readonly Override[]): PlannedTask[] {
  const found = new Diagnostics();
  const located = locateOverrides(overrides, found);
  for (const override of located) {
    const read = plan.tasks.some(({ uses }) => isActivity(uses) && isReadBy(override, uses));
    if (!read) found.add(override.pathSpan, [override.kind, ...override.path], 'no task of this run reads this setting');
  }
  const tasks = plan.tasks.map((task) => overridden(task, located, found));
  found.throwIfAny();
  return tasks.filter((task, index) => canonicalJson(task.settings) !== canonicalJson(plan.tasks[index]?.settings));
}

function overridden(task: PlannedTask, located: readonly LocatedOverride[], found: Diagnostics): PlannedTask {
  const { uses } = task;
  if (!isActivity(uses)) return task;
  const layers = located.filter((override) => isReadBy(override, uses)).map(asLayer);
  const source = inlineSource(`settings of task ${task.name}`, '');
  const base = fromValue(task.settings, { source, start: 0, end: 0 });
  if (layers.length === 0 || base.kind !== 'map') return task;
  const settings = check(schemaOf(uses), layers.reduce(mergeMaps, base), found);
  const entry: CatalogEntry = CATALOG[uses];
  return settings === null ? task : { ...task, settings, outside: entry.outside(settings) };
}

function schemaOf(activity: ActivityName): z.ZodType {
  return CATALOG[activity].settings;
}
