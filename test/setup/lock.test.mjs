import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { isHeld, ownerNow, ownerOf, withLock } from '../../setup/lock.mjs';

const MODULE = new URL('../../setup/lock.mjs', import.meta.url).href;

describe('a lock', () => {
  /** @type {string} */
  let folder;
  /** @type {string} */
  let path;
  /** @type {(() => void)[]} */
  const ends = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'emo-aen-lock-'));
    path = join(folder, 'locks', 'thing');
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) end();
    await rm(folder, { recursive: true, force: true });
  });

  /** A process that holds the lock until it is killed; with a child that inherits it, if wanted; in namespaces of its own, if wanted. */
  async function holder(/** @type {boolean} */ withChild, /** @type {string[]} */ within = []) {
    const script = `
      import { spawn } from 'node:child_process';
      import { withLock } from '${MODULE}';
      await withLock('${path}', async (descriptor) => {
        if (${withChild}) console.log(spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', descriptor] }).pid);
        else console.log('held');
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      });`;
    const [program = '', ...args] = [...within, process.execPath, '--input-type=module', '-e', script];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    ends.push(() => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // it ended by itself
      }
    });
    const [text] = await once(child.stdout, 'data');
    return { child, said: String(text).trim() };
  }

  it('lets one in at a time, and everybody in the end', async () => {
    let inside = 0;
    let most = 0;
    const enter = () =>
      withLock(path, async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside--;
      });
    await Promise.all(Array.from({ length: 8 }, enter));
    assert.equal(most, 1);
  });

  it('is freed when the body throws', async () => {
    await assert.rejects(
      withLock(path, () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(await withLock(path, async () => 'again'), 'again');
    assert.equal(await isHeld(path), false);
  });

  it('is freed by the kernel when its holder is killed, and says that it waited', async () => {
    const { child } = await holder(false);
    let waited = false;
    const onWait = () => {
      waited = true;
      child.kill('SIGKILL');
    };
    assert.equal(await withLock(path, async () => 'mine', { onWait }), 'mine');
    assert.ok(waited);
  });

  it('stays with a child that inherited it, when the holder is killed', async () => {
    const { child, said } = await holder(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(await isHeld(path), true);
    const got = withLock(path, async () => true);
    process.kill(Number(said), 'SIGKILL');
    assert.equal(await got, true);
  });

  it('ends the waiting after its time, and names who holds it', async () => {
    const { child } = await holder(false);
    await assert.rejects(
      withLock(path, async () => undefined, { waitSeconds: 1 }),
      (/** @type {any} */ error) => {
        assert.equal(error.name, 'SetupFailure');
        assert.match(error.message, new RegExp(`\\(pid ${child.pid}, since .*\\), or a child of it, still holds .*thing after 1 s`));
        assert.equal(error.cure, `wait for it, or end it: kill ${child.pid}`);
        return true;
      },
    );
    assert.equal((await ownerOf(path))?.pid, child.pid);
  });

  it('ends the waiting when it is told to', async () => {
    await holder(false);
    const ending = new AbortController();
    const got = withLock(path, async () => undefined, { signal: ending.signal, onWait: () => ending.abort() });
    await assert.rejects(got, { name: 'AbortError' });
  });

  it('says who holds it even where the file was damaged', async () => {
    await holder(false);
    for (const text of ['', '{"pid":1}', 'no JSON']) {
      await writeFile(path, text);
      assert.equal(await ownerOf(path), null);
      await assert.rejects(
        withLock(path, async () => undefined, { waitSeconds: 0 }),
        /another process still holds/,
      );
    }
  });

  it('is taken with Python where there is no program flock', async () => {
    await mkdir(join(folder, 'bin'));
    const python = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).stdout.trim();
    await symlink(python, join(folder, 'bin', 'python3'));
    const before = process.env['PATH'];
    await holder(false);
    process.env['PATH'] = join(folder, 'bin');
    try {
      assert.equal(await isHeld(path), true);
      await assert.rejects(
        withLock(path, async () => undefined, { waitSeconds: 1 }),
        /still holds/,
      );
      assert.equal(await withLock(`${path}-2`, async () => 'mine'), 'mine');
      process.env['PATH'] = join(folder, 'nothing');
      await assert.rejects(isHeld(path), /no lock can be taken: flock: .*; python3: /);
    } finally {
      process.env['PATH'] = before ?? delimiter;
    }
  });

  it('lies in a folder of the account alone, and lets no other account read it', async () => {
    await withLock(path, async () => {
      assert.equal((await stat(join(folder, 'locks'))).mode & 0o777, 0o700);
      assert.equal((await stat(path)).mode & 0o777, 0o600);
      const said = await ownerOf(path);
      assert.deepEqual({ ...said, since: '' }, { ...ownerNow(), since: '' });
    });
    await chmod(path, 0o666);
    await withLock(path, async () => undefined);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  it('is not taken through a link', async () => {
    await mkdir(join(folder, 'locks'));
    await symlink(join(folder, 'elsewhere'), path);
    await assert.rejects(
      withLock(path, async () => undefined),
      /cannot be opened \(ELOOP\)/,
    );
  });

  it('is not taken in a folder of another account', async function () {
    if (process.getuid?.() !== 0) this.skip(); // only root can give a folder away, and take on an account
    await mkdir(join(folder, 'locks'), { mode: 0o777 });
    await chown(join(folder, 'locks'), 12_345, 12_345);
    await chmod(folder, 0o755);
    await chmod(join(folder, 'locks'), 0o777);
    const script = `import { withLock } from '${MODULE}'; await withLock('${path}', async () => console.log('mine')).catch((error) => console.log(error.message));`;
    const asOther = ['--reuid', '65534', '--clear-groups', process.execPath, '--input-type=module', '-e', script];
    const { stdout } = spawnSync('setpriv', asOther, { encoding: 'utf8' });
    assert.match(stdout, /belongs to the account with uid 12345, so this account \(uid 65534\) takes no lock there/);
  });

  for (const [what, within] of Object.entries({
    network: ['unshare', '-n'],
    'process table': ['unshare', '-p', '-f', '--mount-proc'],
  }))
    it(`holds between containers that share the folder, each with a ${what} of its own`, async function () {
      // Namespaces need root: elsewhere this cannot be tried.
      if (spawnSync(within[0] ?? '', [...within.slice(1), 'true']).status !== 0) this.skip();
      await holder(false, within);
      await assert.rejects(
        withLock(path, async () => undefined, { waitSeconds: 0 }),
        what === 'network' ? /still holds/ : /in another container or on another machine \(host .*still holds/,
      );
    });
});
