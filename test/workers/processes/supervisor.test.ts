import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { smallDisk } from '../../ml/files/small-disk.js';
import { hasEnded, isAlive } from '../../../workers/processes/identity.js';
import { launch } from '../../../workers/processes/launch.js';
import { pauseAfter } from '../../../workers/processes/pauses.js';
import { findRecord, findRunning, type ProcessRecord } from '../../../workers/processes/record.js';
import { takeDown } from '../../../workers/processes/take-down.js';

const LIVES = ['-e', 'setInterval(() => undefined, 1000)'];

describe('the supervisor of a process', () => {
  const roots: string[] = [];
  afterEach(async () => {
    for (const root of roots.splice(0)) {
      await takeDown(root, 'cpu', 0);
      await rm(root, { recursive: true, force: true });
    }
  });

  async function start(args: readonly string[], root?: string): Promise<ProcessRecord> {
    const place = root ?? (await mkdtemp(join(tmpdir(), 'emo-aen-supervisor-')));
    if (root === undefined) roots.push(place);
    return launch({ root: place, name: 'cpu', program: process.execPath, args, target: 't', code: 'c' });
  }
  const rootNow = (): string => roots.at(-1) ?? '';

  /** Asks until `wanted` holds: nothing tells when a record changes. */
  async function recordWith(root: string, wanted: (record: ProcessRecord) => boolean): Promise<ProcessRecord> {
    for (;;) {
      const record = await findRecord(root, 'cpu');
      if (record !== null && wanted(record)) return record;
      await delay(20);
    }
  }

  it('waits twice as long after each quick death, at most a minute', () => {
    assert.deepEqual([1, 2, 3, 6, 7, 50].map(pauseAfter), [1_000, 2_000, 4_000, 32_000, 60_000, 60_000]);
  });

  it('starts it again and says how it ended; SIGHUP ends neither', async () => {
    const first = await start(LIVES);
    assert.ok(first.supervisor);
    process.kill(first.supervisor.pid, 'SIGHUP');
    process.kill(first.process.pid, 'SIGKILL');
    const next = await recordWith(rootNow(), ({ process }) => process.pid !== first.process.pid);
    assert.deepEqual([next.deaths?.count, next.deaths?.how, next.deaths?.againAt], [1, 'SIGKILL', null]);
    assert.deepEqual(next.supervisor, first.supervisor);
    assert.match(
      await readFile(join(rootNow(), '.emo-aen/logs/cpu.log'), 'utf8'),
      /supervisor: cpu \(pid \d+\) ended: SIGKILL\. Start again in 1 s/,
    );
  });

  it('counts quick deaths of what ends by itself', async () => {
    await start(['-e', 'setTimeout(() => process.exit(7), 300)']);
    const { deaths } = await recordWith(rootNow(), ({ deaths }) => deaths?.count === 2);
    assert.equal(deaths?.how, 'exit code 7');
  });

  it('ends with its process, though that had just been started again', async () => {
    const first = await start(LIVES);
    process.kill(first.process.pid, 'SIGKILL');
    await recordWith(rootNow(), ({ process }) => process.pid !== first.process.pid);
    const ended = await takeDown(rootNow(), 'cpu', 5_000);
    assert.equal(ended?.ended, 'gracefully');
    assert.ok(first.supervisor && !isAlive(first.supervisor));
    assert.equal(await findRecord(rootNow(), 'cpu'), null);
  });

  it('says why a program cannot be started', async () => {
    const root = await mkdtemp(join(tmpdir(), 'emo-aen-supervisor-'));
    roots.push(root);
    const missing = { root, name: 'cpu', program: join(root, 'nothing'), args: [], target: 't', code: 'c' } as const;
    await assert.rejects(launch(missing), { code: 'ENVIRONMENT', message: /cpu cannot be started: .*ENOENT/ });
    assert.equal(await findRecord(root, 'cpu'), null);
  });

  it('moves a long log aside before it starts anything', async () => {
    const { supervisor } = await start(LIVES);
    const log = join(rootNow(), '.emo-aen/logs/cpu.log');
    await takeDown(rootNow(), 'cpu', 5_000);
    assert.ok(supervisor && (await hasEnded(supervisor, 1_000)));
    await writeFile(log, Buffer.alloc(9 << 20));
    await start(LIVES, rootNow());
    assert.deepEqual([(await stat(log)).size, (await stat(`${log}.1`)).size], [0, 9 << 20]);
  });

  it('outlives a full disk, and starts its process again all the same', async function () {
    const disk = await smallDisk(1 << 20);
    if (typeof disk === 'string') return this.skip();
    try {
      const first = await start(LIVES, disk.path);
      await disk.fill(0);
      process.kill(first.process.pid, 'SIGKILL');
      assert.ok(await hasEnded(first.process, 5_000));
      await delay(1_500); // the pause before the next start, of which nothing can be told on a full disk
      disk.empty();
      const next = await recordWith(disk.path, ({ process }) => process.pid !== first.process.pid);
      assert.ok(isAlive(next.process) && first.supervisor && isAlive(first.supervisor));
      assert.ok(await findRunning(disk.path, 'cpu'));
    } finally {
      await takeDown(disk.path, 'cpu', 0);
      await disk.close();
    }
  });
});
