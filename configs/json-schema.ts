/**
 * JSON Schemas for editors, made from the zod schemas. What a setting means and what it is by default is taken from
 * `configs/<kind>.yaml`, whose comments say it: there is no second place to keep in step.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isMap, isNode, isScalar, parseDocument, type Node } from 'yaml';
import { z } from 'zod';
import { SETTINGS, type Catalog } from './schema/catalog.js';
import { Manifest } from './schema/manifest.js';
import { Pipeline } from './schema/pipeline.js';
import { SplitsFile } from './schema/splits.js';

/** The kinds of file that the product has itself. */
export const SCHEMA_KINDS = ['pipeline', 'splits', 'manifest', 'dataset', 'preprocess', 'train', 'export'] as const;

type Schema = z.core.JSONSchema.JSONSchema;

/** Every kind of file that a project has: the product's, and settings of each activity of its own. */
export function schemaKinds({ kinds }: Catalog): string[] {
  return ['pipeline', 'splits', 'manifest', ...kinds.keys()];
}

/** Where the schema of a kind is kept, relative to the root: the first line of each YAML, and `$schema` of the splits file, name it. */
export function schemaFile(kind: string): string {
  return `configs/schema/${kind}.schema.json`;
}

/**
 * The schema of one of {@link schemaKinds}. `root` is a folder whose `configs/` holds the product's settings files, which carry the
 * comments; those of an own activity are described in its schema itself.
 */
export async function jsonSchemaOf(kind: string, root: string, catalog: Catalog): Promise<Schema> {
  if (kind === 'pipeline') return pipelineSchema(catalog);
  if (kind === 'splits') return titled('Emo-AEN splits', generated(SplitsFile));
  if (kind === 'manifest') return titled('Emo-AEN manifest of a published model', generated(Manifest));
  const schema = catalog.kinds.get(kind) ?? z.never();
  const defaults = Object.hasOwn(SETTINGS, kind) ? await defaultsOf(resolve(root, 'configs', `${kind}.yaml`)) : null;
  return settingsSchema(kind, schema, defaults);
}

async function defaultsOf(file: string): Promise<Node | null> {
  return parseDocument(await readFile(file, 'utf8')).contents;
}

function generated(schema: z.ZodType): Schema {
  return z.toJSONSchema(schema, {
    target: 'draft-7',
    // What has a default need not be in a file.
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // What any integer of JavaScript is bounded by says nothing to a person.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
}

function titled(title: string, { $schema, ...schema }: Schema): Schema {
  return { ...($schema === undefined ? {} : { $schema }), title, ...schema };
}

function pipelineSchema({ activities }: Catalog): Schema {
  const schema = generated(Pipeline);
  const task = (schema.properties?.tasks as Schema).additionalProperties as Schema;
  const uses = task.properties?.uses as Schema;
  uses.enum = [...activities.keys()];
  return titled('Emo-AEN pipeline', schema);
}

/** A settings file may leave out whatever the file that it extends says; one that extends nothing says all. */
function settingsSchema(kind: string, settings: z.ZodType, defaults: Node | null): Schema {
  const { $schema, ...whole } = generated(settings);
  const partial = described(withoutRequired(whole), defaults);
  const path = {
    type: 'string',
    minLength: 1,
    description: 'path of the settings file that this one changes, relative to this one',
  } as const;
  return {
    ...($schema === undefined ? {} : { $schema }),
    title: `Emo-AEN ${kind} settings`,
    ...partial,
    properties: { extends: path, ...partial.properties },
    if: { not: { required: ['extends'] } },
    then: onlyRequired(whole),
  };
}

function withoutRequired({ required: _, ...schema }: Schema): Schema {
  return { ...schema, ...mapProperties(schema, withoutRequired) };
}

function onlyRequired({ required, properties }: Schema): Schema {
  const nested = Object.entries(properties ?? {}).filter(([, child]) => isSchema(child) && child.properties !== undefined);
  const below = Object.fromEntries(nested.map(([name, child]) => [name, onlyRequired(child as Schema)]));
  return { ...(required === undefined ? {} : { required }), ...(nested.length === 0 ? {} : { properties: below }) };
}

function described(schema: Schema, node: unknown): Schema {
  const text = commentOf(node) ?? schema.description ?? null;
  const value = isScalar(node) ? { default: node.value } : {};
  const children = mapProperties(schema, (child, name) => described(child, isMap(node) ? node.get(name, true) : undefined));
  return { ...schema, ...(text === null ? {} : { description: text }), ...value, ...children };
}

/** The comment on the line of a value, a map in braces among them, or on the line of the key whose map begins below. */
function commentOf(node: unknown): string | null {
  if (!isNode(node)) return null;
  const onLine = isScalar(node) || (isMap(node) && node.flow === true);
  const text = onLine ? node.comment : node.commentBefore;
  return text?.trim().replaceAll(/\s+/g, ' ') ?? null;
}

function mapProperties(schema: Schema, change: (child: Schema, name: string) => Schema): Pick<Schema, 'properties'> {
  if (schema.properties === undefined) return {};
  const entries = Object.entries(schema.properties).map(([name, child]) => [name, isSchema(child) ? change(child, name) : child] as const);
  return { properties: Object.fromEntries(entries) };
}

function isSchema(schema: z.core.JSONSchema._JSONSchema): schema is Schema {
  return typeof schema === 'object';
}
