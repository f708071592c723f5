/** YAML text to a {@link Located} tree. Everything that YAML allows and a settings file does not need is refused here. */
import { isAlias, isMap, isScalar, isSeq, parseDocument, type Alias, type Document, type Node, type YAMLError, type YAMLMap } from 'yaml';
import { quoted, type Diagnostics } from './diagnostics.js';
import type { Entry, Located, LocatedMap, Scalar, Source, Span } from './located.js';

/** Aliases may expand an anchor's content at most so many times; a settings file needs a handful. */
const MAX_ALIASES = 100;
/** Levels of nesting; the deepest setting has four. */
const MAX_DEPTH = 64;

/** The whole of a file, which must be one map. Null if it cannot be read; the diagnostics then say why. */
export function parseMap(source: Source, diagnostics: Diagnostics): LocatedMap | null {
  const tree = parseValue(source, 0, diagnostics);
  if (tree === null || tree.kind === 'map') return tree;
  const empty = tree.kind === 'scalar' && tree.value === null;
  const found = empty ? 'is empty' : `holds a ${tree.kind === 'list' ? 'list' : 'single value'}`;
  diagnostics.add(tree.span, [], `this file ${found}; a map of keys to values is needed`);
  return null;
}

/** The value that a source holds from `offset` on (what stands before it is kept, so that positions are the source's). */
export function parseValue(source: Source, offset: number, diagnostics: Diagnostics): Located | null {
  const text = source.text.slice(offset);
  const document = parseDocument(text, {
    ...(source.inline ? {} : { lineCounter: source.lines }),
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false, // told below, with both places
    logLevel: 'error',
  });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    reportSyntax(faults, source, offset, diagnostics);
    return null;
  }
  return new Conversion(document, source, offset, diagnostics).convert();
}

const SYNTAX: Partial<Record<YAMLError['code'], { readonly message: string; readonly help?: string }>> = {
  TAB_AS_INDENT: { message: 'a tab indents this line', help: 'YAML takes spaces only' },
  MULTIPLE_DOCS: { message: 'a second document begins here', help: 'a file holds one document: remove the `---` in the middle' },
  NON_STRING_KEY: { message: 'a list or map cannot be a key' },
  RESOURCE_EXHAUSTION: { message: 'nested too deeply' },
};

/** One finding a line: what follows from the first on the same line is mostly its echo. */
function reportSyntax(faults: readonly YAMLError[], source: Source, offset: number, diagnostics: Diagnostics): void {
  const exhausted = faults.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  const lines = new Set<number>();
  for (const fault of exhausted === undefined ? faults : [exhausted]) {
    const [start, end] = [fault.pos[0] + offset, fault.pos[1] + offset];
    const { line } = source.lines.linePos(start);
    if (lines.has(line)) continue;
    lines.add(line);
    const { message, help } = SYNTAX[fault.code] ?? { message: fault.message };
    diagnostics.add({ source, start, end }, [], message, { help: help ?? null });
  }
}

class Conversion {
  readonly #anchors = new Map<Node, Located | null>();
  #sound = true;

  constructor(
    readonly document: Document.Parsed,
    readonly source: Source,
    readonly offset: number,
    readonly diagnostics: Diagnostics,
  ) {}

  convert(): Located | null {
    const { contents } = this.document;
    if (contents === null) return { kind: 'scalar', span: this.#at(0, 0), value: null };
    if (this.#isBomb()) return null;
    const tree = this.#node(contents, []);
    return this.#sound ? tree : null;
  }

  /** The library counts what aliases would expand to before anything of it is built. */
  #isBomb(): boolean {
    try {
      this.document.toJS({ maxAliasCount: MAX_ALIASES });
      return false;
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error;
      const unresolved = /^Unresolved alias/.test(error.message);
      if (unresolved) return false; // told below, with its place
      const first = firstAlias(this.document);
      this.#report(first ?? this.document.contents, [], `aliases expand to more than ${MAX_ALIASES} times what they stand for`, {
        help: 'write the values out, or use `extends`',
      });
      return true;
    }
  }

  #node(node: Node, path: readonly PropertyKey[]): Located | null {
    if (path.length > MAX_DEPTH) return this.#report(node, path, 'nested too deeply');
    if (isAlias(node)) return this.#alias(node, path);
    this.#anchors.set(node, null); // being converted: an alias to it from inside would have no end
    const located = this.#value(node, path);
    this.#anchors.set(node, located);
    return located;
  }

  #value(node: Node, path: readonly PropertyKey[]): Located | null {
    const span = this.#spanOf(node);
    if (isMap(node)) return this.#map(node, span, path);
    if (isSeq(node)) {
      const items = node.items.map((item, index) => this.#node(item as Node, [...path, index]));
      return { kind: 'list', span, items: items.filter((item) => item !== null) };
    }
    if (isScalar(node) && isPlain(node.value)) return { kind: 'scalar', span, value: node.value };
    return this.#report(node, path, 'not a text, number, true, false, null, list or map');
  }

  #map(map: YAMLMap, span: Span, path: readonly PropertyKey[]): LocatedMap {
    const entries = new Map<string, Entry>();
    for (const { key, value } of map.items) {
      const name = isScalar(key) ? String(key.value) : String(key);
      const place = this.#spanOf(key as Node);
      const before = entries.get(name);
      if (before !== undefined) {
        const { line } = this.source.lines.linePos(before.key.start);
        this.#sound = false;
        this.diagnostics.add(place, [...path, name], `duplicate key ${quoted(name)}`, { help: `it is set on line ${line} already` });
        continue;
      }
      const located = this.#node(value as Node, [...path, name]);
      if (located !== null) entries.set(name, { key: place, value: located });
    }
    return { kind: 'map', span, entries };
  }

  #alias(alias: Alias, path: readonly PropertyKey[]): Located | null {
    const target = alias.resolve(this.document);
    if (target === undefined) return this.#report(alias, path, `the alias ${quoted(`*${alias.source}`)} has no anchor before it`);
    return (
      this.#anchors.get(target) ?? this.#report(alias, path, `the alias ${quoted(`*${alias.source}`)} stands inside what it stands for`)
    );
  }

  #report(node: Node | null, path: readonly PropertyKey[], message: string, advice: { help?: string } = {}): null {
    this.#sound = false;
    this.diagnostics.add(node === null ? this.#at(0, 0) : this.#spanOf(node), path, message, advice);
    return null;
  }

  #spanOf(node: Node): Span {
    const [start, end] = node.range ?? [0, 0];
    return this.#at(start, end);
  }

  #at(start: number, end: number): Span {
    return { source: this.source, start: start + this.offset, end: end + this.offset };
  }
}

function firstAlias(document: Document.Parsed): Node | null {
  const pending: unknown[] = [document.contents];
  while (pending.length > 0) {
    const node = pending.shift();
    if (isAlias(node)) return node;
    if (isSeq(node)) pending.unshift(...node.items);
    if (isMap(node)) pending.unshift(...node.items.map(({ value }) => value));
  }
  return null;
}

function isPlain(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
