/** `${matrix.seed}` and `${tasks.train.outputs.best-checkpoint}` in the values of a pipeline and its settings. */
import { quoted, type Diagnostics } from './diagnostics.js';
import type { Word } from './draft.js';
import type { Located, LocatedScalar, Span } from './located.js';
import type { Values } from './matrix.js';
import { nearest } from './nearest.js';

const EXPRESSION = /\$\{\s*([^}]*?)\s*\}/g;
const MATRIX = /^matrix\.(.+)$/;
const OUTPUT = /^\$\{\s*tasks\.([^\s}]+)\.outputs\.([^\s.}]+)\s*\}$/;
const FORMS = '`${matrix.KEY}` is a value of its matrix, `${tasks.TASK.outputs.ARTIFACT}`, as a whole value, the path of an artifact';

/** An output of a task as a setting's value: the names as they are written. */
export interface OutputExpression {
  readonly task: string;
  readonly output: string;
}

/** What a text says if it is, as a whole, an output; null for any other text. */
export function outputIn(text: string): OutputExpression | null {
  const [, task, output] = OUTPUT.exec(text) ?? [];
  return task === undefined || output === undefined ? null : { task, output };
}

/** A text with an output among others, or misspelt: anything in `${tasks…}` that {@link outputIn} does not know. */
export function isBrokenOutput(text: string): boolean {
  return /^\s*\$\{\s*tasks?\b/.test(text) && outputIn(text) === null;
}

export const OUTPUT_FORM = 'write `${tasks.TASK.outputs.ARTIFACT}` as the whole value';

interface Where {
  /** The declared task, for messages. */
  readonly task: string;
  readonly values: Values | null;
  readonly path: readonly PropertyKey[];
}

/** A tree with the values of a leg in it. Outputs stay as they are; what is neither is told. */
export function withValues(node: Located, where: Where, found: Diagnostics): Located {
  if (node.kind === 'list') {
    return { ...node, items: node.items.map((item, index) => withValues(item, below(where, index), found)) };
  }
  if (node.kind === 'map') {
    const entries = [...node.entries].map(
      ([key, entry]) => [key, { ...entry, value: withValues(entry.value, below(where, key), found) }] as const,
    );
    return { ...node, entries: new Map(entries) };
  }
  return typeof node.value === 'string' && node.value.includes('${') ? scalarWith(node, node.value, where, found) : node;
}

/** A text of the pipeline with the values of a leg in it. */
export function textWith({ text, span }: Word, where: Where, found: Diagnostics): string {
  return text.replaceAll(EXPRESSION, (whole, inner: string) => String(valueOf(inner, span, where, found) ?? whole));
}

function scalarWith(node: LocatedScalar, text: string, where: Where, found: Diagnostics): Located {
  if (outputIn(text) !== null) return node;
  const [only] = text.matchAll(EXPRESSION);
  if (only?.[0] === text) return { ...node, value: valueOf(only[1] ?? '', node.span, where, found) ?? text };
  return { ...node, value: textWith({ text, span: node.span }, where, found) };
}

/** The value of one expression for a leg; undefined, and a diagnostic, where it has none. */
function valueOf(inner: string, span: Span, { task, values, path }: Where, found: Diagnostics): Values[string] | undefined {
  const key = MATRIX.exec(inner)?.[1];
  if (key === undefined) {
    found.add(span, path, `unknown expression ${quoted(`\${${inner}}`)}`, { help: FORMS });
  } else if (values === null) {
    found.add(span, path, `${quoted(task)} has no matrix, so there is no ${quoted(`\${${inner}}`)}`);
  } else if (!Object.hasOwn(values, key)) {
    const suggestion = nearest(key, Object.keys(values));
    found.add(span, path, `the matrix of ${quoted(task)} has no key ${quoted(key)}`, { suggestion });
  } else return values[key];
  return undefined;
}

function below(where: Where, step: PropertyKey): Where {
  return { ...where, path: [...where.path, step] };
}
