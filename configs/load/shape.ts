/** What a schema allows, asked of the schema itself: valid keys, paths and kinds of value, for messages and suggestions. */
import { z } from 'zod';

/** The schema below optional, nullable, default and read-only wrappers. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  while (
    inner instanceof z.ZodOptional ||
    inner instanceof z.ZodNullable ||
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodReadonly
  ) {
    inner = inner.def.innerType;
  }
  return inner;
}

/** The schema of one key, item or record entry of `schema`; undefined where there is none of that name. */
function childOf(schema: z.core.$ZodType, step: PropertyKey): z.core.$ZodType | undefined {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodObject) {
    const named = new Map<PropertyKey, z.core.$ZodType>(Object.entries(inner.shape)).get(step);
    return named ?? (inner.def.catchall instanceof z.ZodNever ? undefined : inner.def.catchall);
  }
  if (inner instanceof z.ZodRecord) return inner.def.valueType;
  if (typeof step !== 'number') return undefined;
  if (inner instanceof z.ZodArray) return inner.def.element;
  if (inner instanceof z.ZodTuple) return inner.def.items[step];
  return undefined;
}

/** The schema at a path, or undefined where the path is not one that the schema allows. */
export function schemaAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  let current: z.core.$ZodType | undefined = schema;
  for (const step of path) current = current === undefined ? undefined : childOf(current, step);
  return current;
}

/** Whether just `sought` stands at a path, made optional or nullable perhaps. */
export function isAt(schema: z.core.$ZodType, path: readonly PropertyKey[], sought: z.core.$ZodType): boolean {
  const found = schemaAt(schema, path);
  return found !== undefined && unwrapped(found) === sought;
}

/** The keys that a map of this schema may have; none for what is not a map of fixed keys. */
export function keysOf(schema: z.core.$ZodType | undefined): string[] {
  const inner = schema === undefined ? undefined : unwrapped(schema);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

/** The dotted paths of all single settings: `loop.pairs`. */
function settingPaths(schema: z.core.$ZodType): string[] {
  return keysOf(schema).flatMap((key) => {
    const below = settingPaths(childOf(schema, key) ?? z.unknown());
    return below.length === 0 ? [key] : below.map((path) => `${key}.${path}`);
  });
}

const EXPECTED: Readonly<Record<string, string>> = {
  number: 'a number',
  boolean: 'true or false',
  object: 'a map',
  record: 'a map',
  array: 'a list',
};

/** What a value of this schema must be, in words: `a whole number or null`. */
export function expected(schema: z.core.$ZodType): string {
  const inner = unwrapped(schema);
  return `${expectedInner(inner)}${z.core.safeParse(schema, null).success ? ' or null' : ''}`;
}

function expectedInner(inner: z.core.$ZodType): string {
  if (inner instanceof z.ZodNumberFormat) return 'a whole number';
  if (inner instanceof z.ZodTuple) return `a list of ${inner.def.items.length}`;
  if (inner instanceof z.ZodEnum) return choice(inner.options);
  if (inner instanceof z.ZodLiteral) return choice([...inner.values]);
  if (inner instanceof z.ZodString) return formatOf(inner) ?? 'a text';
  if (inner instanceof z.ZodUnion) return inner.options.map((option) => expectedInner(unwrapped(option))).join(' or ');
  return EXPECTED[inner._zod.def.type] ?? 'something else';
}

/** What a schema says of texts of the wrong form, asked with one that no form allows. */
function formatOf(schema: z.ZodString): string | undefined {
  return schema.safeParse('').error?.issues.find(({ code }) => code === 'invalid_format')?.message;
}

/** `a`, `b` or `c`, in backticks. */
export function choice(options: readonly unknown[]): string {
  const names = options.map((option) => `\`${String(option)}\``);
  const last = names.pop() ?? '';
  return names.length === 0 ? last : `${names.join(', ')} or ${last}`;
}

/** Every path that `--set` takes. */
export function settingPathsOf(kinds: ReadonlyMap<string, z.core.$ZodType>): string[] {
  return [...kinds].flatMap(([kind, schema]) => settingPaths(schema).map((path) => `${kind}.${path}`));
}
