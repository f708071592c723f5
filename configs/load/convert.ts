/** A parsed YAML document to a {@link Located} tree; aliases become the very tree that they stand for, measured, not copied. */
import { isAlias, isMap, isScalar, isSeq, type Alias, type Document, type Node, type Scalar as YamlScalar, type YAMLMap } from 'yaml';
import { quoted, type Diagnostics } from './diagnostics.js';
import type { Entry, Located, LocatedMap, Scalar, Source, Span } from './located.js';

/** Values that all aliases of a file may stand for in all: a pipeline of a thousand tasks has ten thousand of its own. */
const MAX_ALIASED = 10_000;
/** Aliases that stand for something with aliases in it, and so on. */
const MAX_ALIAS_DEPTH = 8;

/** Keys that would not mean what they say: what reads a map later passes them over. */
const REFUSED_KEYS: ReadonlyMap<string, { readonly message: string; readonly help: string }> = new Map([
  [
    '<<',
    {
      message: 'merge keys (`<<`) are not taken',
      help: 'in a pipeline, `defaults` says what all tasks share; a settings file is laid on another one by `extends`',
    },
  ],
  ['__proto__', { message: '`__proto__` cannot be a key', help: 'choose another name' }],
]);

/** The document's tree, or null where the diagnostics say why not. A key that is set twice is told, and its first value kept. */
export function convert(document: Document.Parsed, source: Source, offset: number, diagnostics: Diagnostics): Located | null {
  return new Conversion(source, offset, diagnostics).convert(document);
}

interface Measured {
  readonly tree: Located;
  /** Values in it, all aliases followed. */
  readonly size: number;
  /** Aliases through which the deepest of them is reached. */
  readonly aliases: number;
}

class Conversion {
  /** By the anchor's name; null while it is being converted, so that an alias to it from inside is found out. */
  readonly #anchors = new Map<string, Measured | null>();
  #aliased = 0;
  #sound = true;

  constructor(
    readonly source: Source,
    readonly offset: number,
    readonly diagnostics: Diagnostics,
  ) {}

  convert({ contents }: Document.Parsed): Located | null {
    if (contents === null) return { kind: 'scalar', span: this.#at(0, 0), value: null };
    const converted = this.#node(contents, []);
    return this.#sound ? (converted?.tree ?? null) : null;
  }

  #node(node: Node, path: readonly PropertyKey[]): Measured | null {
    if (isAlias(node)) return this.#alias(node, path);
    const anchor = (isMap(node) || isSeq(node) || isScalar(node)) && node.anchor !== undefined ? node.anchor : null;
    if (anchor !== null) this.#anchors.set(anchor, null);
    const converted = this.#value(node, path);
    if (anchor !== null && converted !== null) this.#anchors.set(anchor, converted);
    return converted;
  }

  #value(node: Node, path: readonly PropertyKey[]): Measured | null {
    const span = this.#spanOf(node);
    if (isMap(node)) return this.#map(node, span, path);
    if (isSeq(node)) {
      const items = node.items.map((item, index) => this.#node(item as Node, [...path, index])).filter((item) => item !== null);
      return measured({ kind: 'list', span, items: items.map(({ tree }) => tree) }, items);
    }
    if (isScalar(node) && isRounded(node)) {
      return this.#report(
        node,
        path,
        `this whole number cannot be kept exactly`,
        'quote it to make it a text, or write one of at most 15 digits',
      );
    }
    if (isScalar(node) && isPlain(node.value)) return measured({ kind: 'scalar', span, value: node.value }, []);
    return this.#report(node, path, 'not a text, number, true, false, null, list or map');
  }

  #map(map: YAMLMap, span: Span, path: readonly PropertyKey[]): Measured {
    const entries = new Map<string, Entry>();
    const values: Measured[] = [];
    for (const { key, value } of map.items) {
      const name = isScalar(key) ? String(key.value) : String(key);
      const place = this.#spanOf(key as Node);
      const refused = REFUSED_KEYS.get(name);
      if (refused !== undefined) {
        this.#report(key as Node, [...path, name], refused.message, refused.help);
        continue;
      }
      const before = entries.get(name);
      if (before !== undefined) {
        const { line } = this.source.lines.linePos(before.key.start);
        this.diagnostics.add(place, [...path, name], `duplicate key ${quoted(name)}`, { help: `it is set on line ${line} already` });
        continue;
      }
      // `? a` and `{ a }` have no node for the value that they leave out.
      const converted =
        value === null ? measured({ kind: 'scalar', span: place, value: null }, []) : this.#node(value as Node, [...path, name]);
      if (converted === null) continue;
      entries.set(name, { key: place, value: converted.tree });
      values.push(converted);
    }
    return measured({ kind: 'map', span, entries } satisfies LocatedMap, values);
  }

  #alias(alias: Alias, path: readonly PropertyKey[]): Measured | null {
    const name = quoted(`*${alias.source}`);
    const target = this.#anchors.get(alias.source);
    if (target === undefined) return this.#report(alias, path, `the alias ${name} has no anchor before it`);
    if (target === null) return this.#report(alias, path, `the alias ${name} stands inside what it stands for`);
    const before = this.#aliased;
    this.#aliased += target.size;
    if (this.#aliased > MAX_ALIASED || target.aliases >= MAX_ALIAS_DEPTH) {
      if (before > MAX_ALIASED) return null; // told once
      this.#aliased = Infinity;
      return this.#report(alias, path, `aliases expand to more than ${MAX_ALIASED} values here`, 'write the values out, or use `extends`');
    }
    return { ...target, aliases: target.aliases + 1 };
  }

  #report(node: Node, path: readonly PropertyKey[], message: string, help: string | null = null): null {
    this.#sound = false;
    this.diagnostics.add(this.#spanOf(node), path, message, { help });
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

function measured(tree: Located, children: readonly Measured[]): Measured {
  return {
    tree,
    size: children.reduce((sum, { size }) => sum + size, 1),
    aliases: children.reduce((most, { aliases }) => Math.max(most, aliases), 0),
  };
}

function isPlain(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

/** Whether a whole number was written that no number of JavaScript is: from 2^53 on, most are rounded. */
function isRounded({ value, source = '' }: YamlScalar): boolean {
  if (typeof value !== 'number' || !/^[-+]?(\d+|0o[0-7]+|0x[\da-fA-F]+)$/.test(source)) return false;
  if (!Number.isFinite(value)) return true;
  const size = BigInt(source.replace(/^[-+]/, ''));
  return BigInt(value) !== (source.startsWith('-') ? -size : size);
}
