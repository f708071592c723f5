/** `set: { train.seed: 7 }`: a task's own settings, as layers for each leg of its matrix. */
import { quoted, type Diagnostics } from './diagnostics.js';
import type { DraftTask } from './draft.js';
import { withValues } from './expressions.js';
import type { Leg } from './legs.js';
import type { LocatedMap } from './located.js';
import { asLayer, isRead, locateSetting, type LocatedOverride } from './overrides.js';
import type { Catalog, CatalogEntry } from '../schema/catalog.js';

/** The settings that a task sets for itself and that its activity reads; diagnostics for the others. */
export function locateSet(task: DraftTask, activity: CatalogEntry, { kinds }: Catalog, found: Diagnostics): LocatedOverride[] {
  return [...(task.set?.entries ?? [])].flatMap(([path, { key, value }]) => {
    const told = ['tasks', task.name, 'set', path];
    const located = locateSetting(path, key, value, told, kinds, found);
    if (located === null) return [];
    if (isRead(located, activity)) return [located];
    const same = { kind: activity.kind, path: located.path };
    const suggestion = isRead(same, activity) ? [same.kind, ...same.path].join('.') : null;
    const help = `it reads ${activity.kind} settings: ${topKeys(activity)}`;
    found.add(key, told, `${quoted(task.name)} does not read the setting ${quoted(path)}`, { suggestion, help });
    return [];
  });
}

function topKeys({ settings }: CatalogEntry): string {
  return 'shape' in settings && typeof settings.shape === 'object' ? Object.keys(settings.shape ?? {}).join(', ') : 'of its own';
}

/** The layers of one leg: the task's own settings with the leg's values in them; null, and a diagnostic, where one has no value. */
export function layersOf(leg: Leg, set: readonly LocatedOverride[], found: Diagnostics): LocatedMap[] | null {
  const layers: LocatedMap[] = [];
  for (const override of set) {
    const path = ['tasks', leg.task.name, 'set', [override.kind, ...override.path].join('.')];
    const value = withValues(override.value, { task: leg.task.name, values: leg.values, faulty: leg.faulty, path }, found);
    if (value === null) return null;
    layers.push(asLayer({ ...override, value }));
  }
  return layers;
}
