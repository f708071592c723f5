/** `${tasks.train.outputs.best-checkpoint}` as a setting: that there is such a task, before this one, and that it makes such an artifact. */
import type { Reference } from '../schema/plan.js';
import { bit, type Ancestry } from './ancestry.js';
import { quoted, type Diagnostics } from './diagnostics.js';
import { outputIn, type OutputExpression } from './expressions.js';
import type { Leg, Names } from './legs.js';
import type { Span } from './located.js';
import { nearest } from './nearest.js';

/** A setting of a task that is an expression, where it stands in its settings and in a text. */
export interface ReferringSetting {
  readonly path: readonly PropertyKey[];
  readonly text: string;
  readonly span: Span;
  /** Whether the setting may be null, as it then is where a person skipped the task that it refers to. */
  readonly nullable: boolean;
}

/** The references of one task, checked; those with a fault are among the diagnostics instead. */
export function referencesOf(
  leg: Leg,
  settings: readonly ReferringSetting[],
  names: Names,
  ancestry: Ancestry,
  found: Diagnostics,
): Reference[] {
  return settings.flatMap((setting) => {
    const expression = outputIn(setting.text);
    if (expression === null) return [];
    const maker = makerOf(leg, setting, expression, names, ancestry, found);
    return maker === null ? [] : [{ path: setting.path.map(String), task: maker.name, output: expression.output }];
  });
}

function makerOf(
  leg: Leg,
  { path, span, nullable }: ReferringSetting,
  { task, output }: OutputExpression,
  names: Names,
  { places, before, order }: Ancestry,
  found: Diagnostics,
): Leg | null {
  const own = quoted(leg.task.name);
  const tell = (message: string, suggestion: string | null, help: string | null = null): null => {
    found.add(span, path, message, { suggestion, help });
    return null;
  };
  const meant = names.meant(task, leg.values);
  const [name = '', second] = meant;
  const known = names.taskOf(task);
  if (known === undefined) return tell(`${own} refers to ${quoted(task)}, which is no task of this pipeline`, nearest(task, names.all()));
  if (!names.isSound(known)) return null; // told where it is wrong
  if (meant.length === 0) return tell(`no leg of ${quoted(task)} has the values of ${quoted(leg.name)}`, null);
  if (second !== undefined) return tell(`${quoted(task)} has ${meant.length} legs here`, null, `name one, such as ${quoted(name)}`);
  const place = places.get(name);
  const self = places.get(leg.name);
  const maker = place === undefined ? undefined : order[place];
  if (maker === undefined || self === undefined || maker.task.activity === null) return null; // told where it is wrong
  if (((before[self] ?? 0n) & bit(place ?? 0)) === 0n) {
    if (known === leg.task.name) return tell(`${own} refers to an output of its own`, null);
    return tell(`${own} refers to an output of ${quoted(task)}, which it does not need`, null, `add ${quoted(task)} to its \`needs\``);
  }
  const { provides } = maker.task.activity;
  if (!provides.includes(output)) {
    const suggestion = nearest(output, provides);
    const outputs = provides.length === 0 ? 'it provides none' : `its artifacts: ${provides.join(', ')}`;
    return tell(`${quoted(task)} provides no artifact ${quoted(output)}`, suggestion, suggestion === null ? outputs : null);
  }
  if (maker.task.optional && !nullable) {
    const message = `${own} refers to an output of ${quoted(task)}, which is optional, and this setting cannot be null`;
    return tell(message, null, 'take `optional` away, or let the activity do without');
  }
  return maker;
}
