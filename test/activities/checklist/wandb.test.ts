import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runWandb, type WandbOptions, type WandbResult } from '../../../activities/checklist/wandb.js';
import { CLONE, readInstallation } from '../../../configs/load/installation.js';
import { Problem } from '../../../configs/problem.js';
import { hasEnded, identify, type ProcessIdentity } from '../../../workers/processes/identity.js';

const KEY = 'abcdef0123456789';

describe("W&B's helper", function () {
  this.timeout(30_000);
  let root: string;
  beforeEach(async () => (root = await mkdtemp(join(tmpdir(), 'emo-aen-wandb-test-'))));
  afterEach(() => rm(root, { recursive: true }));

  const request = () => ({
    mode: 'online' as const,
    project: 'p',
    run: 'r',
    runId: 'i',
    metrics: join(root, 'metrics.jsonl'),
    folder: root,
    config: {},
    summary: {},
    confirmSeconds: 1,
  });
  /** Runs a shell script in place of Python. */
  const withScript = async (script: string, options: Partial<WandbOptions> = {}): Promise<WandbResult> => {
    const python = join(root, 'python');
    await writeFile(python, `#!/bin/sh\n${script}\n`);
    await chmod(python, 0o755);
    const env = { PATH: process.env['PATH'], WANDB_API_KEY: KEY };
    return runWandb(request(), { python, signal: new AbortController().signal, onRows: () => undefined, env, ...options });
  };

  it('fails the task with the line, without the key, where it says what is no message', async () => {
    const basic = Buffer.from(`api:${KEY}`).toString('base64');
    for (const line of [`Traceback of ${KEY}, ${basic}`, 'null', '{"done": null}', '{"done": NaN}', '[1]']) {
      await assert.rejects(withScript(`echo '${line}'; exec sleep 1000`), (error: unknown) => {
        assert.ok(error instanceof Problem && error.code === 'CHILD_DIED', String(error));
        assert.ok(error.message.includes(line.replace(KEY, '<WANDB_API_KEY>').split(',')[0] ?? ''), error.message);
        assert.ok(!error.message.includes(KEY) && !error.message.includes(basic));
        return true;
      });
    }
  });

  it('hides the key in what it writes before it fails', async () => {
    await assert.rejects(withScript(`echo 'refused ${KEY}' >&2; exit 1`), /refused <WANDB_API_KEY>/);
  });

  it('ends with all that it started where the task is cancelled', async () => {
    const stop = new AbortController();
    let started: ProcessIdentity | null = null;
    const onRows = (pid: number): void => {
      started = identify(pid);
      stop.abort(new Error('cancelled'));
    };
    const script = `setsid sleep 1000 >/dev/null 2>&1 & echo "{\\"done\\": $!}"; exec sleep 1000`;
    await assert.rejects(withScript(script, { signal: stop.signal, onRows }), /cancelled/);
    assert.ok(started !== null && (await hasEnded(started, 5_000)));
  });

  it('ends where its worker is killed, so that it writes nothing beside the next attempt', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { python } = await readInstallation();
    await writeFile(request().metrics, '');
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const env = { ...process.env, WANDB_BASE_URL: url, WANDB_API_KEY: KEY, no_proxy: '127.0.0.1' };
    const script = join(CLONE, 'activities', 'checklist', 'archive-logs.py');
    const child = spawn(python.executable, ['-I', script], { env, stdio: ['pipe', 'ignore', 'inherit'], detached: true });
    try {
      child.stdin.write(`${JSON.stringify(request())}\n`);
      await once(silent, 'connection');
      const ended = once(child, 'exit');
      child.stdin.destroy(); // as the system does for a process that is killed
      assert.deepEqual(await ended, [null, 'SIGKILL']);
    } finally {
      silent.close();
      child.kill('SIGKILL');
    }
  });
});
