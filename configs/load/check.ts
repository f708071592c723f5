/** A tree against a schema: zod decides what is wrong, this says where it stands and in which words. */
import { core, type z } from 'zod';
import { dotted, quoted, type Diagnostics } from './diagnostics.js';
import { find, toValue, type Located, type LocatedMap, type Span } from './located.js';
import { nearest } from './nearest.js';
import { choice, expected, keysOf, schemaAt } from './shape.js';

type Issue = z.core.$ZodIssue;

/** About keys that are missing at the top: where to tell of them (null: at the file as a whole), and what to do. */
export interface WhenMissing {
  readonly at: Span | null;
  readonly help: string | null;
}

/** The tree's value as the schema parses it, or null with every fault among the diagnostics. */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  tree: LocatedMap,
  found: Diagnostics,
  whenMissing: WhenMissing = { at: null, help: null },
): z.output<Schema> | null {
  const result = schema.safeParse(toValue(tree));
  if (result.success) return result.data;
  const misspelt = new Set<string>();
  const absent = new Map<string, PropertyKey[][]>();
  const issues = result.error.issues.flatMap((issue) => [issue, ...issuesBelow(issue, schema, tree)]);
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') unknownKeys(issue, schema, tree, misspelt, found);
  }
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') continue;
    if (find(tree, issue.path) !== undefined) {
      invalid(issue, schema, tree, found);
    } else if (!misspelt.has(dotted(issue.path))) {
      const parent = dotted(issue.path.slice(0, -1));
      absent.set(parent, [...(absent.get(parent) ?? []), issue.path]);
    }
  }
  for (const paths of absent.values()) missing(paths, schema, tree, whenMissing, found);
  return null;
}

/** What stands under a name that is wrong is not looked at by zod; here it is. */
function issuesBelow(issue: Issue, schema: z.ZodType, tree: LocatedMap): Issue[] {
  const wanted = issue.code === 'invalid_key' ? schemaAt(schema, issue.path) : undefined;
  const value = find(tree, issue.path)?.value;
  if (wanted === undefined || value === undefined) return [];
  const issues = core.safeParse(wanted, toValue(value)).error?.issues ?? [];
  return issues.map((below) => ({ ...below, path: [...issue.path, ...below.path] }));
}

/** A misspelt key is one mistake: the key that it was meant to be is remembered, so that it is not called missing as well. */
function unknownKeys(
  issue: Issue & { readonly keys: readonly string[] },
  schema: z.ZodType,
  tree: LocatedMap,
  misspelt: Set<string>,
  found: Diagnostics,
): void {
  const valid = keysOf(schemaAt(schema, issue.path));
  for (const key of issue.keys) {
    const path = [...issue.path, key];
    const suggestion = nearest(key, valid);
    if (suggestion !== null) misspelt.add(dotted([...issue.path, suggestion]));
    const help = suggestion === null ? `valid keys: ${valid.join(', ')}` : null;
    found.add(find(tree, path)?.key ?? tree.span, path, `unknown key ${quoted(key)}`, { suggestion, help });
  }
}

/** Keys that are missing in one map are one finding. */
function missing(paths: readonly PropertyKey[][], schema: z.ZodType, tree: LocatedMap, whenMissing: WhenMissing, found: Diagnostics): void {
  const [first = []] = paths;
  const parentPath = first.slice(0, -1);
  const keys = paths.map((path) => String(path.at(-1)));
  const inside = parentPath.length > 0 ? ` in ${quoted(dotted(parentPath))}` : '';
  const wanted = paths.length === 1 ? schemaAt(schema, first) : undefined;
  const needed = wanted === undefined ? null : `it must be ${expected(wanted)}`;
  const message = `missing ${keys.length === 1 ? 'key' : 'keys'} ${keys.map(quoted).join(', ')}${inside}`;
  const place = find(tree, parentPath)?.key ?? whenMissing.at ?? beginning(tree);
  found.add(place, keys.length === 1 ? first : parentPath, message, {
    help: parentPath.length === 0 ? (whenMissing.help ?? needed) : needed,
  });
}

/** The top of a file, without a caret: nothing that stands there is wrong, something is not there. */
function beginning({ span: { source } }: LocatedMap): Span {
  return { source, start: 0, end: 0 };
}

function invalid(issue: Issue, schema: z.ZodType, tree: LocatedMap, found: Diagnostics): void {
  const place = find(tree, issue.path);
  if (place === undefined) return;
  const wanted = schemaAt(schema, issue.path);
  const subject = issue.path.length === 0 ? 'this file' : quoted(dotted(issue.path));
  if (issue.code === 'invalid_key') {
    const name = String(issue.path.at(-1));
    found.add(place.key ?? place.value.span, issue.path, `${quoted(name)} is no valid name`, {
      help: `a name has ${issue.issues[0]?.message ?? ''}`,
    });
    return;
  }
  const options = issue.code === 'invalid_value' ? issue.values.map(String) : [];
  const suggestion = place.value.kind === 'scalar' && typeof place.value.value === 'string' ? nearest(place.value.value, options) : null;
  const message = issue.code === 'custom' ? issue.message : `${subject} must be ${requirement(issue, wanted)}, not ${inWords(place.value)}`;
  found.add(place.value.span, issue.path, message, { suggestion });
}

function requirement(issue: Issue, wanted: z.core.$ZodType | undefined): string {
  switch (issue.code) {
    case 'too_small':
      return issue.origin === 'string'
        ? 'a text that is not empty'
        : bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    case 'invalid_value':
      return choice(issue.values);
    case 'invalid_format':
      return issue.message;
    default:
      return wanted === undefined ? issue.message : expected(wanted);
  }
}

function bound(origin: string, comparison: string, limit: number | bigint): string {
  return origin === 'array' ? `a list of ${comparison} ${limit}` : `${comparison} ${limit}`;
}

/** A value as a message names it. */
export function inWords(node: Located): string {
  if (node.kind === 'map') return 'a map';
  if (node.kind === 'list') return `a list of ${node.items.length}`;
  return typeof node.value === 'string' ? `the text ${JSON.stringify(node.value)}` : String(node.value);
}
