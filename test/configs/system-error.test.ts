import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Problem } from '../../configs/problem.js';
import { accountName, fromSystemError } from '../../configs/system-error.js';

const MODULE = new URL('../../configs/system-error.js', import.meta.url).href;

describe("an error of the operating system, as a person's problem,", () => {
  let folder = '';
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'emo-aen-errno-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function problemOf(failing: () => Promise<unknown>): Promise<Problem> {
    const problem = fromSystemError(
      await failing().then(
        () => assert.fail('it did not fail'),
        (error: unknown) => error,
      ),
      'elsewhere',
    );
    assert.ok(problem instanceof Problem, String(problem));
    assert.ok(problem.cause instanceof Error);
    return problem;
  }

  const real: readonly [string, Problem['code'], (path: string) => Promise<unknown>][] = [
    ['a link to itself', 'CONFLICT', async (path) => symlink(path, path).then(() => readFile(path))],
    ['a folder in the place of a file', 'CONFLICT', async (path) => mkdir(path).then(() => writeFile(path, ''))],
    ['a file in the place of a folder', 'CONFLICT', async (path) => writeFile(path, '').then(() => readFile(join(path, 'x')))],
    ['a name that is taken', 'CONFLICT', async (path) => writeFile(path, '').then(() => open(path, 'wx'))],
    ['a name of 300 letters', 'CONFLICT', (path) => writeFile(`${path}${'x'.repeat(300)}`, '')],
    ['a file that is gone', 'NOT_FOUND', (path) => readFile(path)],
  ];
  for (const [what, code, fail] of real) {
    it(`is ${code} for ${what}, and names the file`, async () => {
      const path = join(folder, 'it');
      const problem = await problemOf(() => fail(path));
      assert.equal(problem.code, code);
      assert.ok(problem.where?.startsWith(path), problem.where);
      if (code !== 'NOT_FOUND') assert.ok(problem.cure?.includes(' '), 'there is something to do');
    });
  }

  const told: readonly [string, Problem['code'], boolean][] = [
    ['ENOSPC', 'DISK_FULL', true],
    ['EDQUOT', 'DISK_FULL', true],
    ['EROFS', 'ENVIRONMENT', false],
    ['EIO', 'ENVIRONMENT', false],
    ['EMFILE', 'OUT_OF_FILES', true],
    ['ENFILE', 'OUT_OF_FILES', true],
    ['EPERM', 'ENVIRONMENT', false],
    ['EPIPE', 'CHILD_DIED', true],
    ['ENOTEMPTY', 'CONFLICT', false],
  ];
  for (const [errno, code, retried] of told) {
    it(`is ${code} for ${errno}, ${retried ? 'tried again' : 'and waits for a person'}`, () => {
      const problem = fromSystemError(Object.assign(new Error(`${errno}: words`), { code: errno }), 'runs/a');
      assert.ok(problem instanceof Problem);
      assert.deepEqual([problem.code, problem.retryable, problem.where], [code, retried, 'runs/a']);
    });
  }

  it('names the owner of what another account may not write', async function () {
    if (process.getuid?.() !== 0) return this.skip();
    await chmod(folder, 0o755);
    const script = `
      import { writeFile } from 'node:fs/promises';
      import { fromSystemError } from '${MODULE}';
      await writeFile(${JSON.stringify(join(folder, 'new'))}, '').catch((error) => console.log(fromSystemError(error).describe()));
    `;
    const asNobody = ['--reuid', '65534', '--clear-groups', process.execPath, '--input-type=module', '-e', script];
    const { stdout } = await promisify(execFile)('setpriv', asNobody, { cwd: '/' });
    assert.match(
      stdout,
      new RegExp(`the account ${accountName(65_534)} may not read or change this; ${folder} belongs to ${userInfo().username}`),
    );
    assert.match(stdout, /cure: go on as \w+, or take it over: sudo chown -R/);
  });

  it('is not made of a defect', () => {
    const defect = new TypeError('x is not a function');
    assert.equal(fromSystemError(defect, 'anywhere'), defect);
  });
});
