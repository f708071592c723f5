import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Problem } from '../../../configs/problem.js';
import { projectOf } from '../../../workers/project/project.js';

const MODULE = fileURLToPath(new URL('../../../workers/project/project.js', import.meta.url));
const KEY = Buffer.alloc(32, 7).toString('base64');
const OLD = Buffer.alloc(32, 8).toString('base64');

describe('the identity of a project', function () {
  this.timeout(30_000);
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-project-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('is made once, and is another for each project', async () => {
    const project = await projectOf(root, {});
    assert.match(project.id, /^[0-9a-f]{32}$/);
    assert.equal(project.keys[0].length, 32);
    assert.deepEqual(await projectOf(root, {}), project);
    await mkdir(join(root, 'other'));
    const other = await projectOf(join(root, 'other'), {});
    assert.notEqual(other.id, project.id);
    assert.notDeepEqual(other.keys, project.keys);
  });

  it('may be read by its owner alone, whatever the umask', async () => {
    const before = process.umask(0);
    try {
      await projectOf(root, {});
    } finally {
      process.umask(before);
    }
    assert.equal((await stat(join(root, '.emo-aen'))).mode & 0o777, 0o700);
    assert.equal((await stat(join(root, '.emo-aen/project.json'))).mode & 0o777, 0o600);
  });

  it('is the same for processes that make it at once, and they leave nothing else', async () => {
    const script = `import(${JSON.stringify(MODULE)}).then(async ({ projectOf }) => console.log((await projectOf(${JSON.stringify(root)}, {})).id))`;
    const ids = await Promise.all(Array.from({ length: 6 }, () => promisify(execFile)(process.execPath, ['-e', script])));
    assert.equal(new Set(ids.map(({ stdout }) => stdout)).size, 1);
    assert.deepEqual(await readdir(join(root, '.emo-aen')), ['project.json']);
  });

  it('comes from the environment where it is set there, and then no file is made', async () => {
    const project = await projectOf(root, { EMO_AEN_PROJECT_ID: 'studio', EMO_AEN_PAYLOAD_KEY: `${KEY}, ${OLD}` });
    assert.deepEqual(project, { id: 'studio', keys: [Buffer.alloc(32, 7), Buffer.alloc(32, 8)] });
    assert.deepEqual(await readdir(root), []);
    const { id } = await projectOf(root, { EMO_AEN_PAYLOAD_KEY: KEY });
    assert.deepEqual(await projectOf(root, { EMO_AEN_PAYLOAD_KEY: KEY }), { id, keys: [Buffer.alloc(32, 7)] });
  });

  it('is refused from the environment where it is none, without showing the key', async () => {
    const wrong = async (env: Record<string, string>): Promise<string> => {
      const error: unknown = await projectOf(root, env).catch((thrown: unknown) => thrown);
      assert.ok(error instanceof Problem && error.code === 'CONFIGURATION');
      return error.describe();
    };
    assert.match(await wrong({ EMO_AEN_PROJECT_ID: 'a-b' }), /EMO_AEN_PROJECT_ID: "a-b"/);
    for (const key of ['SHORTSECRET', `${KEY},SHORTSECRET`, `${KEY},`])
      assert.doesNotMatch(await wrong({ EMO_AEN_PAYLOAD_KEY: key }), /SHORTSECRET|BwcHBw/);
  });

  for (const [how, text] of [
    ['empty', ''],
    ['cut', '{"version": 1, "id": "ab'],
    ['without a key', '{"version": 1, "id": "ab", "keys": []}'],
  ] as const)
    it(`is reported, and never made anew, where its file is ${how}`, async () => {
      await mkdir(join(root, '.emo-aen'));
      await writeFile(join(root, '.emo-aen/project.json'), text);
      await assert.rejects(projectOf(root, {}), { name: 'Problem', code: 'CONFLICT' });
    });
});
