import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectCatalog } from '../../../activities/own/catalog.js';
import { codeOf, findOwn } from '../../../activities/own/find.js';
import { ownDefinition } from '../../../activities/own/definition.js';
import { jsonSchemaOf, SCHEMA_KINDS, schemaKinds } from '../../../configs/json-schema.js';
import { Diagnostics } from '../../../configs/load/diagnostics.js';
import { diagnose } from '../../../configs/load/compile.js';
import { CLONE } from '../../../configs/load/installation.js';
import { BUILT_IN } from '../../../configs/schema/catalog.js';
import { pipelineOf } from '../../configs/load/project.js';
import { taskContext } from '../task-context.js';

const SOUND =
  "import { defineActivity } from 'emo-aen/activity';\nexport default defineActivity({ stage: 3, run: async () => ({ artifacts: [], summary: {} }) });\n";

/** Takes no room on the disk. */
async function largeFile(path: string): Promise<void> {
  const file = await open(path, 'wx');
  await file.truncate(2 ** 30);
  await file.close();
}

describe('the activities of a project', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-own-'));
    await mkdir(join(root, 'node_modules'));
    await symlink(CLONE, join(root, 'node_modules', 'emo-aen'));
  });
  afterEach(() => rm(root, { recursive: true }));

  const put = async (files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    }
  };
  const faults = async (...tasks: string[]): Promise<string> => {
    await put({ 'p.yaml': pipelineOf(...tasks) });
    const found = new Diagnostics();
    await diagnose(root, 'p.yaml', [], await projectCatalog(root), found);
    return found.render();
  };

  it('are those of the product where the project has none', async () => {
    assert.deepEqual(await projectCatalog(root), BUILT_IN);
    await put({ 'activities/notes/readme.md': 'no activity' });
    assert.deepEqual(await projectCatalog(root), BUILT_IN);
  });

  it('have what they leave out filled in, and their folder as their settings', async () => {
    await put({ 'activities/mine/activity.js': SOUND, 'package.json': '{"type":"module"}', 'dist/activities/other/activity.js': SOUND });
    const { activities, kinds } = await projectCatalog(root);
    const mine = activities.get('mine');
    const { stage, version, kind, reads, mayRead, provides } = mine ?? assert.fail();
    assert.deepEqual([stage, version, kind, reads, mayRead, provides, mine?.outside({})], [3, 1, 'mine', [], [], [], false]);
    assert.match(mine?.code ?? '', /^[0-9a-f]{64}$/);
    assert.equal(kinds.get('mine')?.safeParse({ x: 1 }).success, false, 'unknown settings are refused');
    assert.ok(activities.has('other'));
    assert.equal(await faults('a: { uses: mine }', 'b: { uses: other, needs: [a] }'), '');
  });

  const strange: readonly (readonly [what: string, at: string, message: RegExp, make: (path: string) => unknown])[] = [
    ['a link to nothing', 'foo/notes.txt', /leads nowhere/, (path) => symlink('/nowhere/at/all', path)],
    ['a link to itself', 'foo/notes.txt', /leads to itself/, (path) => symlink('notes.txt', path)],
    ['a link to a folder', 'foo/notes', /is no file/, (path) => symlink('..', path)],
    ['a pipe', 'foo/pipe', /is no file/, (path) => execFileSync('mkfifo', [path])],
    ['a link to a device without end', 'foo/zero', /is no file/, (path) => symlink('/dev/zero', path)],
    ['a file of a gigabyte', 'foo/large.bin', /more than 256 MiB/, (path) => largeFile(path)],
    ['a pipe in the place of its code', 'foo/activity.mjs', /is no file/, (path) => execFileSync('mkfifo', [path])],
    ['a link to nothing in the place of its code', 'foo/activity.mjs', /leads nowhere/, (path) => symlink('/nowhere', path)],
  ];
  for (const [what, at, message, make] of strange)
    it(`are told as broken where one holds ${what}, at once, and the others work`, async () => {
      const code = at === 'foo/activity.mjs' ? {} : { 'activities/foo/activity.mjs': SOUND };
      await put({ ...code, 'activities/foo/.hidden': '', 'activities/sound/activity.mjs': SOUND });
      await make(join(root, 'activities', at));
      const { activities, broken: unfit } = await projectCatalog(root);
      assert.ok(activities.has('sound') && !activities.has('foo'));
      assert.equal(unfit?.get('foo')?.where, `activities/${at}`);
      assert.match(unfit?.get('foo')?.message ?? '', message);
      assert.equal(await faults('a: { uses: sound }'), '');
      assert.match(await faults('a: { uses: foo }'), message);
    });

  it('may hold a link to a file, of which the bytes count', async () => {
    await put({ 'activities/mine/activity.mjs': SOUND, 'shared.txt': 'one' });
    await symlink('../../shared.txt', join(root, 'activities/mine/shared.txt'));
    const code = async (): Promise<string | null | undefined> => (await projectCatalog(root)).activities.get('mine')?.code;
    const before = await code();
    await put({ 'shared.txt': 'two' });
    assert.notEqual(await code(), before);
  });

  const broken: readonly [string, string, Readonly<Record<string, string>>, RegExp][] = [
    [
      'a mistake in its syntax',
      'bad',
      { 'activities/bad/activity.mjs': 'const a = 1;\nexport default {{;\n' },
      /: activities\/bad\/activity.mjs:2: SyntaxError: /,
    ],
    [
      'no default export',
      'bad',
      { 'activities/bad/activity.mjs': 'export const a = 1;\n' },
      /: activities\/bad\/activity.mjs: it has no default export/,
    ],
    [
      'another export',
      'bad',
      { 'activities/bad/activity.mjs': 'export default {};\n' },
      /its default export was not made by defineActivity/,
    ],
    [
      'a definition that is wrong',
      'bad',
      {
        'activities/bad/activity.mjs':
          "import { defineActivity } from 'emo-aen/activity';\n\nexport default defineActivity({ stage: 9, reads: ['A'] });\n",
      },
      /activities\/bad\/activity.mjs:3: Error: defineActivity: stage: .*; reads.0: an artifact is named .*; run: must be an async function/,
    ],
    [
      'an import that is not there',
      'bad',
      { 'activities/bad/activity.mjs': "import './gone.mjs';\n" },
      /Cannot find module 'activities\/bad\/gone.mjs'|Cannot find module/,
    ],
    [
      'the name of one of the product',
      'model',
      { 'activities/model/activity.mjs': SOUND },
      /: activities\/model: model is the name of an activity of emo-aen/,
    ],
    [
      'the name of settings',
      'dataset',
      { 'activities/dataset/activity.mjs': SOUND },
      /: activities\/dataset: dataset is the name of settings of emo-aen/,
    ],
    [
      'no name that a task can use',
      'B_d',
      { 'activities/B_d/activity.mjs': SOUND },
      /: activities\/B_d: the folder of an activity is named in lower-case/,
    ],
  ];
  for (const [what, uses, files, says] of broken) {
    it(`are told at the task that uses one with ${what}, and keep nobody else`, async () => {
      await put({ ...files, 'activities/fine/activity.mjs': SOUND });
      const text = await faults('a: { uses: fine }', `b: { uses: ${uses} }`);
      assert.match(text, new RegExp(`^p.yaml:5:14: the activity \`${uses}\` cannot be used`));
      assert.match(text, says);
      assert.match(text, /\n\n1 problem found$/);
      assert.equal(await faults('a: { uses: fine }'), '');
    });
  }

  it('have a JSON Schema for their settings, and a place in that of the pipeline', async () => {
    const settings = "z.strictObject({ folder: z.string().describe('where to look'), depth: z.int().default(1) })";
    await put({
      'activities/mine/activity.mjs': SOUND.replace('{ defineActivity }', '{ defineActivity, z }').replace(
        'stage: 3,',
        `stage: 3, settings: ${settings},`,
      ),
    });
    const catalog = await projectCatalog(root);
    assert.deepEqual(schemaKinds(catalog), [...SCHEMA_KINDS, 'mine']);
    const schema = await jsonSchemaOf('mine', CLONE, catalog);
    assert.deepEqual(schema.properties?.['folder'], { type: 'string', description: 'where to look' });
    assert.deepEqual(schema.properties?.['depth'], { type: 'integer', default: 1 });
    assert.deepEqual(schema.then, { required: ['folder'] });
    assert.match(JSON.stringify(await jsonSchemaOf('pipeline', CLONE, catalog)), /"enum":\[[^\]]*"mine"\]/);
  });

  it('are suggested where a name is mistyped', async () => {
    await put({ 'activities/brightness/activity.mjs': SOUND });
    assert.match(await faults('a: { uses: brihgtness }'), /unknown activity `brihgtness`\n.*\n.*\n {2}did you mean `brightness`\?/);
  });

  it('are other code when any file of the folder is, and only then', async () => {
    const code = async (): Promise<string> => codeOf((await findOwn(root)).get('mine') ?? assert.fail());
    await put({ 'activities/mine/activity.mjs': SOUND, 'activities/mine/lib/a.mjs': '1' });
    const before = await code();
    await put({ 'activities/mine/.swap': 'x', 'activities/mine/node_modules/x.js': 'x', 'activities/else.txt': 'x' });
    assert.equal(await code(), before);
    await put({ 'activities/mine/lib/a.mjs': '2' });
    const edited = await code();
    assert.notEqual(edited, before);
    await rm(join(root, 'activities/mine/lib/a.mjs'));
    await put({ 'activities/mine/lib/b.mjs': '2' });
    assert.notEqual(await code(), edited);
  });

  it('run just the code of the plan, and make just what they provide', async () => {
    const body = (provides: string): string =>
      `import { defineActivity } from 'emo-aen/activity';\nexport default defineActivity({ stage: 3, provides: ['${provides}'], run: async () => ({ artifacts: [{ name: 'a', path: '/a' }], summary: {} }) });\n`;
    await put({ 'activities/mine/activity.mjs': body('a') });
    const code = await codeOf((await findOwn(root)).get('mine') ?? assert.fail());
    const context = taskContext({ root, task: 'a', settings: {} });
    assert.deepEqual((await (await ownDefinition(root, 'mine', code)).run({}, context)).artifacts, [{ name: 'a', path: '/a' }]);
    await put({ 'activities/mine/activity.mjs': body('b') });
    await assert.rejects(ownDefinition(root, 'mine', code), { code: 'CONFLICT' });
    await assert.rejects(ownDefinition(root, 'none', code), { code: 'NOT_FOUND' });
    const edited = await codeOf((await findOwn(root)).get('mine') ?? assert.fail());
    await assert.rejects(async () => (await ownDefinition(root, 'mine', edited)).run({}, context), {
      code: 'RESULT',
      message: 'the task made a, which it does not provide',
      where: 'activities/mine/activity.mjs',
    });
  });
});
