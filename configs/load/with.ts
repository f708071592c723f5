/** The settings of a pipeline's tasks: every `with`, read once for all tasks that name it, overrides laid on, checked whole. */
import type { z } from 'zod';
import { CATALOG, SETTINGS, type SettingsKind } from '../schema/catalog.js';
import type { SettingsFile } from '../schema/plan.js';
import { check } from './check.js';
import { quoted, type Diagnostics } from './diagnostics.js';
import type { DraftTask, Word } from './draft.js';
import { mergeMaps, type LocatedMap } from './located.js';
import { asLayer, isReadBy, type LocatedOverride } from './overrides.js';
import { follow, type Bounds } from './read.js';
import { loadSettings } from './settings.js';
import { keysOf } from './shape.js';

/** What one settings file holds, all its kind's settings, and the files that they came from. */
export interface Settings {
  readonly value: unknown;
  readonly files: readonly SettingsFile[];
}

const WHOLE = 'a settings file says everything, unless it `extends` another one';

/** The settings of every task whose file could be read and is sound, by the task's name. */
export async function settingsOfTasks(
  pipelineFile: string,
  tasks: readonly DraftTask[],
  overrides: readonly LocatedOverride[],
  bounds: Bounds,
  found: Diagnostics,
): Promise<Map<string, Settings>> {
  const loaded = new Map<string, Promise<Settings | null>>();
  const settings = new Map<string, Settings>();
  for (const task of tasks) {
    const kind = task.activity === null ? null : CATALOG[task.activity].kind;
    const file = kind === null ? null : fileOf(task, kind, pipelineFile, bounds, found);
    if (kind === null || file === null || task.with === null) continue;
    const key = `${kind}:${file}`;
    // A file that could not be read is told at each task that names it; one that is wrong, once.
    const load = loaded.get(key) ?? loadKind(kind, file, task.with, ['tasks', task.name, 'with'], overrides, bounds, found);
    const ready = await load;
    if (ready !== null) loaded.set(key, load);
    if (ready !== null) settings.set(task.name, ready);
  }
  reportUnread(tasks, overrides, found);
  return settings;
}

function fileOf(task: DraftTask, kind: SettingsKind, pipelineFile: string, bounds: Bounds, found: Diagnostics): string | null {
  const path = ['tasks', task.name, 'with'];
  if (task.with === null) {
    const message = `${quoted(task.name)} reads ${kind} settings and names no file of them`;
    found.add(task.span, path, message, { help: `add \`with: ${kind}.yaml\`` });
    return null;
  }
  return follow(task.with.text, pipelineFile, bounds, task.with.span, path, found);
}

async function loadKind(
  kind: SettingsKind,
  absolute: string,
  named: Word,
  path: readonly string[],
  overrides: readonly LocatedOverride[],
  bounds: Bounds,
  found: Diagnostics,
): Promise<Settings | null> {
  const loaded = await loadSettings({ absolute, span: named.span, path }, bounds, found);
  if (loaded === null) return null;
  const other = otherKind(loaded.tree, kind);
  if (other !== null) {
    const message = `${quoted(named.text)} holds ${other} settings; this task reads ${kind} settings`;
    found.add(named.span, path, message, { suggestion: `${kind}.yaml` });
    return null;
  }
  const layers = overrides.filter((override) => override.kind === kind).map(asLayer);
  const value = check<z.ZodType>(SETTINGS[kind], layers.reduce(mergeMaps, loaded.tree), found, WHOLE);
  return value === null ? null : { value, files: loaded.files };
}

/** The kind that a file was written for, if it has keys of that kind and none of the kind that was expected. */
function otherKind(tree: LocatedMap, expected: SettingsKind): string | null {
  const known = (kind: string, schema: z.ZodType): [string, number] => [kind, keysOf(schema).filter((key) => tree.entries.has(key)).length];
  const counts = Object.entries(SETTINGS).map(([kind, schema]) => known(kind, schema));
  if (counts.some(([kind, count]) => kind === expected && count > 0)) return null;
  const [best] = counts.toSorted(([, a], [, b]) => b - a);
  return best !== undefined && best[1] > 0 ? best[0] : null;
}

function reportUnread(tasks: readonly DraftTask[], overrides: readonly LocatedOverride[], found: Diagnostics): void {
  for (const override of overrides) {
    const read = tasks.some(({ activity }) => activity !== null && isReadBy(override, activity));
    if (read || tasks.some(({ activity }) => activity === null)) continue;
    found.add(override.pathSpan, [override.kind, ...override.path], 'no task of this pipeline reads this setting');
  }
}
