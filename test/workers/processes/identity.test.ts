import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';
import { endProcess, hasEnded, identify, isAlive, type ProcessIdentity } from '../../../workers/processes/identity.js';

describe('the identity of a process', () => {
  const children: ChildProcess[] = [];
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await once(child, 'close');
    }
  });

  async function start(script: string): Promise<ProcessIdentity> {
    const child = spawn('bash', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    await once(child.stdout, 'data');
    const identity = child.pid === undefined ? null : identify(child.pid);
    assert.ok(identity);
    return identity;
  }

  it('is not taken for that of another process with the same number', () => {
    const own = identify(process.pid);
    assert.ok(own);
    assert.ok(isAlive(own));
    assert.ok(!isAlive({ ...own, start: '1' }));
    assert.ok(!isAlive({ ...own, boot: 'another' }));
  });

  it('ends with its process, gracefully where that listens', async () => {
    const listening = await start('trap "exit 0" TERM; echo ready; while :; do sleep 0.05; done');
    assert.equal(await endProcess(listening, 5_000), 'gracefully');
    assert.ok(!isAlive(listening));
    assert.equal(await endProcess(listening, 5_000), null);
  });

  it('ends hard, its children with it, where the process does not listen', async () => {
    const child = spawn('bash', ['-c', 'trap "" TERM; sleep 60 & echo $!; wait; sleep 60'], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(child);
    const [text] = (await once(child.stdout, 'data')) as [Buffer];
    const deaf = identify(child.pid ?? 0);
    const grandchild = identify(Number(text.toString()));
    assert.ok(deaf && grandchild);
    assert.equal(await endProcess(deaf, 100), 'hard');
    assert.ok(await hasEnded(grandchild, 2_000));
  });

  it('names the account whose process another one may not end', async function () {
    if (process.getuid?.() !== 0) return this.skip();
    const own = await start('trap "exit 0" TERM; echo ready; while :; do sleep 0.05; done');
    const script = `
      import { endProcess } from '${new URL('../../../workers/processes/identity.js', import.meta.url).href}';
      await endProcess(${JSON.stringify(own)}, 100).catch((error) => console.log(error.code, error.describe()));
    `;
    const asNobody = ['--reuid', '65534', '--clear-groups', process.execPath, '--input-type=module', '-e', script];
    const { stdout } = await promisify(execFile)('setpriv', asNobody, { cwd: '/' });
    assert.match(
      stdout,
      new RegExp(`^ENVIRONMENT process ${own.pid} belongs to the account ${userInfo().username}.*\\n {2}cure: run the command as`),
    );
    assert.ok(isAlive(own));
  });
});
