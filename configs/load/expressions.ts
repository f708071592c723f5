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
  return /\$\{\s*tasks?\b/.test(text) && outputIn(text) === null;
}

/** A text with the value of a matrix in it. One that is left once `set` has been read stands where there is no matrix. */
export function isMatrixValue(text: string): boolean {
  return /\$\{\s*matrix\b/.test(text);
}

export const MATRIX_FORM =
  'write it there, such as `set: { train.seed: "${matrix.seed}" }`: settings files and `--set` are the same for every job';
export const OUTPUT_FORM = 'write `${tasks.TASK.outputs.ARTIFACT}` as the whole value';

interface Where {
  /** The declared task, for messages. */
  readonly task: string;
  readonly values: Values | null;
  /** Whether what is wrong with the task's matrix has been told: of its values there is then no more to say. */
  readonly faulty: boolean;
  readonly path: readonly PropertyKey[];
}

/** A tree with the values of a leg in it, outputs as they are; null, and a diagnostic, where an expression is neither. */
export function withValues(node: Located, where: Where, found: Diagnostics): Located | null {
  if (node.kind === 'list') {
    const items = node.items.map((item, index) => withValues(item, below(where, index), found)).filter((item) => item !== null);
    return items.length < node.items.length ? null : { ...node, items };
  }
  if (node.kind === 'map') {
    const entries = [...node.entries].flatMap(([key, entry]) => {
      const value = withValues(entry.value, below(where, key), found);
      return value === null ? [] : ([[key, { ...entry, value }]] as const);
    });
    return entries.length < node.entries.size ? null : { ...node, entries: new Map(entries) };
  }
  return typeof node.value === 'string' && node.value.includes('${') ? scalarWith(node, node.value, where, found) : node;
}

/** A text of the pipeline with the values of a leg in it; null, and a diagnostic, where an expression has none. */
export function textWith({ text, span }: Word, where: Where, found: Diagnostics): string | null {
  const parts = text.split(EXPRESSION);
  // Every other part is what stands in the braces.
  const values = parts.map((part, index) => (index % 2 === 0 ? part : valueOf(part, span, where, found)));
  return values.includes(undefined) ? null : values.join('');
}

function scalarWith(node: LocatedScalar, text: string, where: Where, found: Diagnostics): Located | null {
  if (outputIn(text) !== null) return node;
  const [only] = text.matchAll(EXPRESSION);
  const value = only?.[0] === text ? valueOf(only[1] ?? '', node.span, where, found) : textWith({ text, span: node.span }, where, found);
  return value === undefined || value === null ? null : { ...node, value };
}

/** The value of one expression for a leg; undefined, and a diagnostic, where it has none. */
function valueOf(inner: string, span: Span, { task, values, faulty, path }: Where, found: Diagnostics): Values[string] | undefined {
  const key = MATRIX.exec(inner)?.[1];
  if (key === undefined) {
    found.add(span, path, `unknown expression ${quoted(`\${${inner}}`)}`, { help: FORMS });
  } else if (values === null) {
    if (!faulty) found.add(span, path, `${quoted(task)} has no matrix, so there is no ${quoted(`\${${inner}}`)}`);
  } else if (!Object.hasOwn(values, key)) {
    const suggestion = nearest(key, Object.keys(values));
    found.add(span, path, `the matrix of ${quoted(task)} has no key ${quoted(key)}`, { suggestion });
  } else return values[key];
  return undefined;
}

function below(where: Where, step: PropertyKey): Where {
  return { ...where, path: [...where.path, step] };
}
