/** YAML as a tree that remembers, for every key and value, which text it came from: what validation, merging and overrides work on. */
import { LineCounter } from 'yaml';

/** A text that values can come from: a file, or one `--set`. */
export interface Source {
  /** As people see it: the file's path relative to the root, or `--set train.loop.pairs=8`. */
  readonly name: string;
  readonly text: string;
  readonly lines: LineCounter;
  /** True where the name already shows the whole text, so that no line of it need be quoted. */
  readonly inline: boolean;
}

/** A stretch of a source: `start` inclusive, `end` exclusive, in UTF-16 units. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

export type Scalar = string | number | boolean | null;
export interface LocatedMap {
  readonly kind: 'map';
  readonly span: Span;
  readonly entries: ReadonlyMap<string, Entry>;
}
export interface LocatedList {
  readonly kind: 'list';
  readonly span: Span;
  readonly items: readonly Located[];
}
export interface LocatedScalar {
  readonly kind: 'scalar';
  readonly span: Span;
  readonly value: Scalar;
}
export type Located = LocatedMap | LocatedList | LocatedScalar;

/** A key of a map, where it stands, and its value. */
export interface Entry {
  readonly key: Span;
  readonly value: Located;
}

/** A file's text as a source. */
export function fileSource(name: string, text: string): Source {
  return { name, text, lines: new LineCounter(), inline: false };
}

/** Something a person typed on the command line as a source. */
export function inlineSource(name: string, text: string): Source {
  const lines = new LineCounter();
  lines.addNewLine(0);
  return { name, text, lines, inline: true };
}

/** The plain value of a tree. */
export function toValue(node: Located): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toValue);
  // fromEntries defines own properties, so that a key named __proto__ stays a key.
  return Object.fromEntries([...node.entries].map(([name, entry]) => [name, toValue(entry.value)]));
}

/** A plain value as a tree that stands, as a whole, at `span`. */
export function fromValue(value: unknown, span: Span): Located {
  if (Array.isArray(value)) return { kind: 'list', span, items: value.map((item) => fromValue(item, span)) };
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([name, child]): [string, Entry] => [name, { key: span, value: fromValue(child, span) }]);
    return { kind: 'map', span, entries: new Map(entries) };
  }
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return { kind: 'scalar', span, value };
  }
  throw new TypeError(`a setting cannot be a ${typeof value}`);
}

/** `over` laid on `base`: maps are merged key by key, everything else is replaced; what was set last is where it was set. */
export function merge(base: Located, over: Located): Located {
  return base.kind === 'map' && over.kind === 'map' ? mergeMaps(base, over) : over;
}

/** {@link merge} of two maps. */
export function mergeMaps(base: LocatedMap, over: LocatedMap): LocatedMap {
  const entries = new Map(base.entries);
  for (const [name, entry] of over.entries) {
    const before = base.entries.get(name);
    entries.set(name, before === undefined ? entry : { key: entry.key, value: merge(before.value, entry.value) });
  }
  return { kind: 'map', span: over.span, entries };
}

/** A map without one of its keys. */
export function without(map: LocatedMap, name: string): LocatedMap {
  const entries = new Map(map.entries);
  entries.delete(name);
  return { ...map, entries };
}

/** What stands at a path: its value and key, or undefined where the path leads nowhere. */
export function find(root: Located, path: readonly PropertyKey[]): { readonly value: Located; readonly key: Span | null } | undefined {
  let found: { value: Located; key: Span | null } = { value: root, key: null };
  for (const step of path) {
    const next = stepInto(found.value, step);
    if (next === undefined) return undefined;
    found = next;
  }
  return found;
}

function stepInto(node: Located, step: PropertyKey): { value: Located; key: Span | null } | undefined {
  if (node.kind === 'map') return node.entries.get(String(step));
  if (node.kind === 'list' && typeof step === 'number') {
    const item = node.items[step];
    return item === undefined ? undefined : { value: item, key: null };
  }
  return undefined;
}
