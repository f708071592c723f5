/**
 * Whether a YAML text nests deeper or has more parts than a settings file can need, found before it is parsed. The parser calls itself
 * level by level, so that a few kilobytes can end its stack, inside a regular expression even the process. It also keeps about 1 KB for
 * each part, and for each fault.
 */
import { CST, Lexer } from 'yaml';

/** What the lexer puts before the text of a scalar, and what it inserts without there being a character for it. */
const SCALAR = '\u{1F}';
const INSERTED = new Set(['\u{02}', '\u{18}', SCALAR]);

/** What begins a level by itself; anything else does as the first on its line. */
const BEGINS_LEVEL = new Set(['seq-item-ind', 'explicit-key-ind', 'map-value-ind']);
/** What ends an item inside brackets. */
const SEPARATES = new Set(['comma', 'flow-seq-start', 'flow-map-start', 'flow-seq-end', 'flow-map-end']);
const BLANK = new Set(['space', 'newline', 'comment']);

export interface TextLimits {
  readonly levels: number;
  /** Words and signs, without spaces, line ends and comments: an item of a list has 2, a key with its value has 3. */
  readonly parts: number;
  /** Characters of one word or text. */
  readonly word: number;
}

export interface OverLimit {
  readonly offset: number;
  readonly message: string;
}

/** The first place beyond a limit; null if there is none. Reads no further than that. */
export function overLimit(text: string, limits: TextLimits): OverLimit | null {
  let offset = 0;
  let lineStart = 0;
  let first = true;
  let inScalar = false;
  let parts = 0;
  let flow = 0;
  /** Signs between two commas or brackets that begin a level: in `{ a: b: c }` the parser makes one of each. */
  let signs = 0;
  /** Columns at which the block levels around this place began. */
  const block: number[] = [];
  for (const token of new Lexer().lex(text)) {
    if (INSERTED.has(token)) {
      inScalar = token === SCALAR;
      continue;
    }
    const type = inScalar ? 'scalar' : (CST.tokenType(token) ?? 'scalar');
    inScalar = false;
    if (!BLANK.has(type)) parts += 1;
    if (!BLANK.has(type) && token.length > limits.word) return { offset, message: `a text of more than ${limits.word} characters` };
    if (parts > limits.parts) return { offset, message: `has more than ${limits.parts} parts` };
    if (type === 'flow-seq-start' || type === 'flow-map-start') flow += 1;
    if (type === 'flow-seq-end' || type === 'flow-map-end') flow = Math.max(0, flow - 1);
    if (SEPARATES.has(type)) signs = 0;
    if (BEGINS_LEVEL.has(type)) signs += 1;
    if (flow === 0 && (BEGINS_LEVEL.has(type) || (first && !BLANK.has(type)))) begin(block, offset - lineStart);
    if (flow + block.length + (flow === 0 ? 0 : signs) > limits.levels) return { offset, message: 'nested too deeply' };
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
