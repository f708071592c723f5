import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { withLock } from '../../setup/lock.mjs';

const MODULE = new URL('../../setup/lock.mjs', import.meta.url).href;

/** A process that holds the lock until it is killed; with a child that inherits it, if wanted. */
async function holder(/** @type {string} */ name, /** @type {boolean} */ withChild) {
  const script = `
    import { spawn } from 'node:child_process';
    import { withLock } from '${MODULE}';
    await withLock('${name}', async (descriptor) => {
      if (${withChild}) console.log(spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', descriptor] }).pid);
      else console.log('held');
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = await once(child.stdout, 'data');
  return { child, said: String(text).trim() };
}

describe('a lock', () => {
  it('lets one in at a time, and everybody in the end', async () => {
    const name = randomUUID();
    let inside = 0;
    let most = 0;
    const enter = () =>
      withLock(name, async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside--;
      });
    await Promise.all(Array.from({ length: 8 }, enter));
    assert.equal(most, 1);
  });

  it('is freed when the body throws', async () => {
    const name = randomUUID();
    await assert.rejects(
      withLock(name, () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(await withLock(name, async () => 'again'), 'again');
  });

  it('is freed by the kernel when its holder is killed, and says that it waited', async () => {
    const name = randomUUID();
    const { child } = await holder(name, false);
    let waited = false;
    const got = withLock(
      name,
      async () => 'mine',
      () => {
        waited = true;
        child.kill('SIGKILL');
      },
    );
    assert.equal(await got, 'mine');
    assert.ok(waited);
  });

  it('stays with a child that inherited it, when the holder is killed', async () => {
    const name = randomUUID();
    const { child, said } = await holder(name, true);
    let ours = false;
    const got = withLock(name, async () => (ours = true));
    child.kill('SIGKILL');
    await once(child, 'close');
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.ok(!ours);
    process.kill(Number(said), 'SIGKILL');
    assert.equal(await got, true);
  });
});
