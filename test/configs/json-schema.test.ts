import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonSchemaOf, SCHEMA_KINDS, schemaFile } from '../../configs/json-schema.js';
import { BUILT_IN } from '../../configs/schema/catalog.js';

/** This file runs from dist/test/configs/. */
const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

describe('the JSON Schemas', () => {
  for (const kind of SCHEMA_KINDS) {
    it(`in ${schemaFile(kind)} are what the zod schemas and the comments say`, async () => {
      const committed: unknown = JSON.parse(await readFile(join(REPOSITORY, schemaFile(kind)), 'utf8'));
      const made: unknown = JSON.parse(JSON.stringify(await jsonSchemaOf(kind, REPOSITORY, BUILT_IN)));
      assert.deepEqual(committed, made, 'run `emo-aen schema --write`');
    });
  }

  it('are named in the first line of every YAML file', async () => {
    const files = (await readdir(join(REPOSITORY, 'configs'), { recursive: true })).filter((file) => file.endsWith('.yaml'));
    assert.ok(files.length > SCHEMA_KINDS.length, 'variants are among them');
    for (const file of files.map((name) => join('configs', name))) {
      const kind = SCHEMA_KINDS.find((known) => basename(file) === `${known}.yaml`);
      assert.ok(kind !== undefined, `${file} has a schema`);
      const [first] = (await readFile(join(REPOSITORY, file), 'utf8')).split('\n');
      assert.equal(first, `# yaml-language-server: $schema=${relative(dirname(file), schemaFile(kind))}`, file);
    }
  });

  it('say what each setting means and is, in the words of the comments', async () => {
    const schema = await jsonSchemaOf('train', REPOSITORY, BUILT_IN);
    const loop = schema.properties?.['loop'];
    assert.ok(typeof loop === 'object');
    assert.deepEqual(loop.properties?.['pairs'], {
      type: 'integer',
      minimum: 1,
      description: 'per optimiser step: a batch of 32 photos',
      default: 16,
    });
    assert.equal(loop.required, undefined, 'a file that extends another may leave out any of them');
    assert.equal(loop.additionalProperties, false);
  });

  it('ask for every setting only where a file extends nothing', async () => {
    const schema = await jsonSchemaOf('preprocess', REPOSITORY, BUILT_IN);
    assert.deepEqual(schema.if, { not: { required: ['extends'] } });
    assert.ok(typeof schema.then === 'object');
    assert.deepEqual(schema.then.required, ['resize', 'crop', 'normalize', 'augment']);
    assert.deepEqual(schema.then.properties?.['normalize'], { required: ['mean', 'std'] });
  });
});
