/** YAML text to a {@link Located} tree. Everything that YAML allows and a settings file does not need is refused here. */
import { parseDocument, type YAMLError } from 'yaml';
import { convert } from './convert.js';
import type { Diagnostics } from './diagnostics.js';
import type { Located, LocatedMap, Source } from './located.js';
import { overLimit, type TextLimits } from './text-limits.js';

/** The deepest setting has four levels; a pipeline of a thousand tasks with a matrix each has 60,000 parts. */
const LIMITS: TextLimits = { levels: 64, parts: 150_000, word: 65_536 };

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
  const over = overLimit(text, LIMITS);
  if (over !== null) {
    if (!source.inline) for (const { index } of text.slice(0, over.offset).matchAll(/^/gm)) source.lines.addNewLine(index);
    diagnostics.add({ source, start: over.offset + offset, end: over.offset + offset + 1 }, [], over.message);
    return null;
  }
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
  return convert(document, source, offset, diagnostics);
}

const SYNTAX: Partial<Record<YAMLError['code'], { readonly message: string; readonly help?: string }>> = {
  TAB_AS_INDENT: { message: 'a tab indents this line', help: 'YAML takes spaces only' },
  MULTIPLE_DOCS: { message: 'a second document begins here', help: 'a file holds one document: remove the `---` in the middle' },
  NON_STRING_KEY: { message: 'a list or map cannot be a key' },
  TAG_RESOLVE_FAILED: { message: 'unknown tag', help: 'write the plain value' },
};

const UNQUOTED = { message: 'an expression inside `{ }` or `[ ]` needs quotes', help: 'write "${…}"' };

/** Whether a fault lies in the middle of an expression that YAML takes for a map. */
function isExpression({ pos: [start] }: YAMLError, text: string): boolean {
  return text.slice(start - 1, start + 1) === '${';
}

/** One finding a line: what follows from the first on the same line is mostly its echo. */
function reportSyntax(faults: readonly YAMLError[], source: Source, offset: number, diagnostics: Diagnostics): void {
  const lines = new Set<number>();
  const expressions = faults.filter((fault) => isExpression(fault, source.text.slice(offset)));
  // What an expression without quotes does to the rest of a file is not the person's fault.
  for (const fault of expressions.length > 0 ? expressions : faults) {
    const [start, end] = [fault.pos[0] + offset, fault.pos[1] + offset];
    const { line } = source.lines.linePos(start);
    if (lines.has(line)) continue;
    lines.add(line);
    const { message, help } = expressions.length > 0 ? UNQUOTED : (SYNTAX[fault.code] ?? { message: fault.message });
    diagnostics.add({ source, start, end }, [], message, { help: help ?? null });
  }
}
