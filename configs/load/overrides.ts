/** `--set train.loop.pairs=8` and a task's own `set`: single settings, laid on the files like one more of them. */
import type { Catalog, CatalogEntry } from '../schema/catalog.js';
import type { Override } from '../schema/plan.js';
import { Diagnostics, quoted } from './diagnostics.js';
import { inlineSource, toValue, fromValue, type Entry, type Located, type LocatedMap, type Span } from './located.js';
import { nearest, nearestPath } from './nearest.js';
import { parseValue } from './parse.js';
import { keysOf, schemaAt, settingPathsOf } from './shape.js';

/** What an override says once its path is known to be a setting. */
export interface LocatedOverride {
  readonly kind: string;
  /** Below the settings file's top. */
  readonly path: readonly string[];
  readonly pathSpan: Span;
  readonly value: Located;
}

/**
 * The words after each `--set`, as overrides.
 * @throws ConfigurationProblem for a text without `=` or whose value is no YAML; all of them at once.
 */
export function parseOverrides(texts: readonly string[]): Override[] {
  const found = new Diagnostics();
  const overrides = readOverrides(texts, found);
  found.throwIfAny();
  return overrides;
}

/** {@link parseOverrides} for those who have more to find before they tell. */
export function readOverrides(texts: readonly string[], found: Diagnostics): Override[] {
  return texts.flatMap((text) => parseOverride(text, found) ?? []);
}

function parseOverride(text: string, found: Diagnostics): Override | null {
  const source = inlineSource(`--set ${text}`, text);
  const equals = text.indexOf('=');
  if (equals < 1) {
    found.add({ source, start: 0, end: text.length }, [], 'not a setting', {
      help: 'write `--set path=value`, such as `--set train.loop.pairs=8`',
    });
    return null;
  }
  const value = parseValue(source, equals + 1, found);
  return value === null ? null : { path: text.slice(0, equals).trim(), value: toValue(value) };
}

/** Overrides whose paths are settings of the kind that they name; diagnostics for the others. */
export function locateOverrides(overrides: readonly Override[], catalog: Catalog, found: Diagnostics): LocatedOverride[] {
  return overrides.flatMap(({ path, value }) => {
    const text = `${path}=${JSON.stringify(value)}`;
    const source = inlineSource(`--set ${text}`, text);
    const pathSpan = { source, start: 0, end: path.length };
    const valueSpan = { source, start: path.length + 1, end: text.length };
    return locateSetting(path, pathSpan, fromValue(value, valueSpan), path.split('.'), catalog.kinds, found) ?? [];
  });
}

/** `path`, written at `pathSpan`, as a setting of one of the kinds; null, and a diagnostic about `told`, where it is none. */
export function locateSetting(
  path: string,
  pathSpan: Span,
  value: Located,
  told: readonly PropertyKey[],
  kinds: Catalog['kinds'],
  found: Diagnostics,
): LocatedOverride | null {
  const [kind = '', ...keys] = path.split('.');
  const schema = kinds.get(kind);
  if (schema === undefined) {
    const suggestion = nearestPath(path, settingPathsOf(kinds)) ?? nearest(kind, kinds.keys());
    const help = `a path begins with the settings it is of: ${[...kinds.keys()].join(', ')}`;
    found.add(pathSpan, told, `unknown settings ${quoted(kind)}`, { suggestion, help });
    return null;
  }
  if (keys.length === 0 || keys.includes('__proto__') || schemaAt(schema, keys) === undefined) {
    const message = keys.length === 0 ? `${quoted(path)} names no setting` : `unknown setting ${quoted(path)}`;
    const suggestion = keys.length === 0 ? null : nearestPath(path, settingPathsOf(new Map([[kind, schema]])));
    found.add(pathSpan, told, message, { suggestion, help: validKeys(kind, schema, keys) });
    return null;
  }
  return { kind, path: keys, pathSpan, value };
}

type Schema = Parameters<typeof keysOf>[0] & object;

/** The keys beside the one that is wrong: those of the deepest part of the path that is a setting. */
function validKeys(kind: string, schema: Schema, keys: readonly string[]): string {
  let right = keys.length;
  while (right > 0 && keysOf(schemaAt(schema, keys.slice(0, right))).length === 0) right -= 1;
  const section = [kind, ...keys.slice(0, right)];
  return `valid keys in ${quoted(section.join('.'))}: ${keysOf(schemaAt(schema, section.slice(1))).join(', ')}`;
}

/** Whether an activity reads a setting of a kind. */
export function isRead({ kind, path }: Pick<LocatedOverride, 'kind' | 'path'>, activity: CatalogEntry): boolean {
  return activity.kind === kind && schemaAt(activity.settings, path) !== undefined;
}

/** The override as a map that can be laid on a settings file. */
export function asLayer({ path, pathSpan, value }: LocatedOverride): LocatedMap {
  const [first = '', ...rest] = path;
  const wrap = (key: string, below: Located): LocatedMap => {
    const entry: Entry = { key: pathSpan, value: below };
    return { kind: 'map', span: pathSpan, entries: new Map([[key, entry]]) };
  };
  return wrap(
    first,
    rest.reduceRight<Located>((below, key) => wrap(key, below), value),
  );
}
