/** `emo-aen schema`: the JSON Schemas that editors check and complete configuration files by. */
import { resolve } from 'node:path';
import { projectCatalog } from '../activities/own/catalog.js';
import { jsonSchemaOf, SCHEMA_KINDS, schemaFile, schemaKinds } from '../configs/json-schema.js';
import { CLONE } from '../configs/load/installation.js';
import { nearest } from '../configs/load/nearest.js';
import { Problem } from '../configs/problem.js';
import { writeJsonAtomically } from '../ml/files/atomic.js';
import { action, command } from './command.js';

export const schemaCommand = command(
  'schema [kind]',
  `print the JSON Schema of ${SCHEMA_KINDS.join(', ')} files or of an own activity's settings, or of all by kind`,
)
  .option('--write', 'write them to configs/schema/ below the project root instead')
  .action(
    action<{ readonly write?: boolean }>(async (terminal, { write = false }, [kind]) => {
      // The comments that describe the settings are those of this clone, whatever the project has changed in its own files.
      const catalog = await projectCatalog(terminal.root);
      const all = schemaKinds(catalog);
      const kinds = kind === undefined ? all : [known(kind, all)];
      const schemas = await Promise.all(kinds.map(async (name) => [name, await jsonSchemaOf(name, CLONE, catalog)] as const));
      if (write) {
        for (const [name, schema] of schemas) await writeJsonAtomically(resolve(terminal.root, schemaFile(name)), schema);
        const files = kinds.map(schemaFile);
        terminal.answer({ files }, files.join('\n'));
        return;
      }
      const document = kind === undefined ? Object.fromEntries(schemas) : schemas[0]?.[1];
      terminal.answer(document, JSON.stringify(document, null, 2));
    }),
  );

function known(kind: string, all: readonly string[]): string {
  if (all.includes(kind)) return kind;
  const near = nearest(kind, all);
  throw new Problem({
    code: 'USAGE',
    message: `there is no schema \`${kind}\``,
    cure: near === null ? `name one of ${all.join(', ')}` : `did you mean \`${near}\`?`,
  });
}
