/** `--set train.loop.pairs=8`: one setting changed from the command line, laid on the files like one more of them. */
import type { z } from 'zod';
import { CATALOG, SETTINGS, type ActivityName, type SettingsKind } from '../schema/catalog.js';
import type { Override } from '../schema/plan.js';
import { Diagnostics, quoted } from './diagnostics.js';
import { inlineSource, toValue, fromValue, type Entry, type Located, type LocatedMap, type Span } from './located.js';
import { nearest, nearestPath } from './nearest.js';
import { parseValue } from './parse.js';
import { keysOf, schemaAt, settingPaths } from './shape.js';

/** What an override says once its path is known to be a setting. */
export interface LocatedOverride {
  readonly kind: SettingsKind;
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
export function locateOverrides(overrides: readonly Override[], found: Diagnostics): LocatedOverride[] {
  return overrides.flatMap((override) => locateOverride(override, found) ?? []);
}

function locateOverride({ path, value }: Override, found: Diagnostics): LocatedOverride | null {
  const text = `${path}=${JSON.stringify(value)}`;
  const source = inlineSource(`--set ${text}`, text);
  const pathSpan = { source, start: 0, end: path.length };
  const valueSpan = { source, start: path.length + 1, end: text.length };
  const [kind = '', ...keys] = path.split('.');
  const full = settingPathsOf(Object.keys(SETTINGS));
  if (!isKind(kind)) {
    const suggestion = nearestPath(path, full) ?? nearest(kind, Object.keys(SETTINGS));
    const help = `a path begins with the settings it is of: ${Object.keys(SETTINGS).join(', ')}`;
    found.add(pathSpan, keysOfPath(path), `unknown settings ${quoted(kind)}`, { suggestion, help });
    return null;
  }
  if (keys.length === 0 || schemaAt(SETTINGS[kind], keys) === undefined) {
    const message = keys.length === 0 ? `${quoted(path)} names no setting` : `unknown setting ${quoted(path)}`;
    const suggestion = keys.length === 0 ? null : nearestPath(path, settingPathsOf([kind]));
    found.add(pathSpan, keysOfPath(path), message, { suggestion, help: validKeys(kind, keys) });
    return null;
  }
  return { kind, path: keys, pathSpan, value: fromValue(value, valueSpan) };
}

/** The keys beside the one that is wrong: those of the deepest part of the path that is a setting. */
function validKeys(kind: SettingsKind, keys: readonly string[]): string {
  let right = keys.length;
  while (right > 0 && keysOf(schemaAt(SETTINGS[kind], keys.slice(0, right))).length === 0) right -= 1;
  const section = [kind, ...keys.slice(0, right)];
  return `valid keys in ${quoted(section.join('.'))}: ${keysOf(schemaAt(SETTINGS[kind], section.slice(1))).join(', ')}`;
}

function settingPathsOf(kinds: readonly string[]): string[] {
  return kinds.filter(isKind).flatMap((kind) => settingPaths(SETTINGS[kind]).map((path) => `${kind}.${path}`));
}

function keysOfPath(path: string): string[] {
  return path.split('.');
}

export function isKind(name: string): name is SettingsKind {
  return Object.hasOwn(SETTINGS, name);
}

/** Whether an activity reads the setting that an override changes. */
export function isReadBy(override: LocatedOverride, activity: ActivityName): boolean {
  const { kind, settings }: { kind: SettingsKind; settings: z.ZodType } = CATALOG[activity];
  return kind === override.kind && schemaAt(settings, override.path) !== undefined;
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
