/**
 * How deeply a YAML text nests, found before it is parsed: the parser calls itself level by level, and a text of a few
 * kilobytes can bring the whole process down when its stack ends inside a regular expression.
 */
import { CST, Lexer } from 'yaml';

/** What the lexer puts before the text of a scalar, and what it inserts without there being a character for it. */
const SCALAR = '\u{1F}';
const INSERTED = new Set(['\u{02}', '\u{18}', SCALAR]);

/** What begins a level by itself; anything else does as the first on its line. */
const BEGINS_LEVEL = new Set(['seq-item-ind', 'explicit-key-ind', 'map-value-ind']);
const BLANK = new Set(['space', 'newline', 'comment']);

/** Where a text goes deeper than about `limit` levels, as an offset; null if it does not. Reads no further than that. */
export function tooDeepAt(text: string, limit: number): number | null {
  let offset = 0;
  let lineStart = 0;
  let first = true;
  let inScalar = false;
  let flow = 0;
  /** Columns at which the block levels around this place began. */
  const block: number[] = [];
  for (const token of new Lexer().lex(text)) {
    if (INSERTED.has(token)) {
      inScalar = token === SCALAR;
      continue;
    }
    const type = inScalar ? 'scalar' : (CST.tokenType(token) ?? 'scalar');
    inScalar = false;
    if (type === 'flow-seq-start' || type === 'flow-map-start') flow += 1;
    if (type === 'flow-seq-end' || type === 'flow-map-end') flow = Math.max(0, flow - 1);
    if (flow === 0 && (BEGINS_LEVEL.has(type) || (first && !BLANK.has(type)))) begin(block, offset - lineStart);
    if (flow + block.length > limit) return offset;
    if (!BLANK.has(type)) first = false;
    const newline = token.lastIndexOf('\n');
    if (newline !== -1) {
      lineStart = offset + newline + 1;
      first = true;
    }
    offset += token.length;
  }
  return null;
}

/** A level that begins at a column ends those that began there or further in. */
function begin(block: number[], column: number): void {
  while (block.length > 0 && (block.at(-1) ?? 0) >= column) block.pop();
  block.push(column);
}
