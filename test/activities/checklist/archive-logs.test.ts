import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { archiveLogs } from '../../../activities/checklist/archive-logs.js';
import type { TaskContext, TaskResult } from '../../../activities/task.js';
import { runWandb } from '../../../activities/checklist/wandb.js';
import { readInstallation } from '../../../configs/load/installation.js';
import { Problem } from '../../../configs/problem.js';
import type { SettingsOf } from '../../../configs/schema/catalog.js';
import type { Evaluation } from '../../../configs/schema/evaluation.js';
import { LogArchive } from '../../../configs/schema/log-archive.js';
import { proveArchive } from '../../../ml/archive/prove.js';
import { readWandbRun } from '../../../ml/archive/wandb-file.js';
import { wandbServer, type WandbServer } from './wandb-server.js';

const EVALUATION: Evaluation = {
  version: 2,
  split: 'test',
  checkpointSha256: 'a'.repeat(64),
  device: 'cpu',
  pairwiseAccuracy: { value: 0.9, low: 0.8, high: 0.95, count: 50 },
  loss: { kind: 'hinge', value: 0.1 },
  kendallTauB: 0.7,
  folders: [],
  latency: { runs: 3, medianMs: 20, p95Ms: 25 },
  scores: [],
  weights: 'random',
};

describe('archiving the logs', () => {
  let root: string;
  const rows = Array.from({ length: 7 }, (_, index) => ({
    kind: index % 3 === 2 ? 'epoch' : 'step',
    epoch: Math.floor(index / 3) + 1,
    step: 20 * (index + 1),
    loss: 0.3 / (index + 1),
    valAccuracy: index === 0 ? null : 0.5 + index / 20,
    // Longer than a block of W&B's file, so that it comes in several chunks.
    note: index === 3 ? 'a long note '.repeat(6_000) : '',
  }));

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-archive-'));
    await mkdir(join(root, 'logs', 'first'), { recursive: true });
    await mkdir(join(root, 'runs', 'first'), { recursive: true });
    await writeFile(join(root, 'logs/first/metrics.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await writeFile(join(root, 'runs/first/evaluation.json'), JSON.stringify(EVALUATION));
  });
  afterEach(() => rm(root, { recursive: true }));

  const archive = async (mode: 'online' | 'offline'): Promise<TaskResult> => {
    const metrics = await readFile(join(root, 'logs/first/metrics.jsonl'));
    const context: TaskContext<SettingsOf<'archive-logs'>> = {
      root,
      run: 'first',
      task: 'archive-logs',
      folder: 'first',
      attempt: 1,
      settings: { archive: { mode, project: 'emo-aen' } },
      artifact: (name) => join(root, name === 'metrics' ? 'logs/first/metrics.jsonl' : 'runs/first/evaluation.json'),
      has: () => true,
      secret: () => assert.fail('it declares none'),
      digest: () => createHash('sha256').update(metrics).digest('hex'),
      file: async (...segments) => {
        const path = join(root, ...segments);
        await mkdir(dirname(path), { recursive: true });
        return path;
      },
      progress: () => undefined,
      signal: new AbortController().signal,
    };
    return archiveLogs(context);
  };
  const record = async (): Promise<LogArchive> =>
    LogArchive.parse(JSON.parse(await readFile(join(root, 'runs/first/log-archive.json'), 'utf8')));

  it('offline leaves a complete run whose rows, of steps and of epochs, are those of the metrics file, and says that it is not uploaded', async () => {
    const { warnings, summary } = await archive('offline');
    assert.match(String(warnings?.[0]), /^offline, not uploaded/);
    assert.equal(summary['uploaded'], false);
    const found = await record();
    assert.equal(found.rows, rows.length);
    const run = await readWandbRun(join(root, String(found.file?.path)));
    assert.deepEqual(run, { runId: found.runId, project: 'emo-aen', rows, finished: true });
    assert.deepEqual((await proveArchive(root, found)).missing, []);
  });

  it('done again replaces the run by one with the same id', async () => {
    await archive('offline');
    const { runId } = await record();
    await mkdir(join(root, 'logs/first/wandb.tmp-killed'));
    await archive('offline');
    assert.equal((await record()).runId, runId);
    assert.deepEqual((await readdir(join(root, 'logs/first'))).sort(), ['metrics.jsonl', 'wandb']);
    assert.equal((await readdir(join(root, 'logs/first/wandb'))).length, 1);
  });

  it('proves nothing once a row, the run or the metrics file is gone', async () => {
    await archive('offline');
    const found = await record();
    const missing = async (change: Partial<LogArchive> = {}): Promise<string> =>
      (await proveArchive(root, { ...found, ...change })).missing.join();
    const metrics = join(root, 'logs/first/metrics.jsonl');
    const before = await readFile(metrics);

    await appendFile(metrics, '{"kind":"epoch","epoch":8}\n');
    assert.match(await missing(), /metrics\.jsonl is not the file that was archived/);
    const sha256 = createHash('sha256')
      .update(await readFile(metrics))
      .digest('hex');
    const grown = { metrics: { ...found.metrics, sha256 } };
    assert.match(await missing(grown), /holds 7 rows, the metrics file 8/);
    assert.match(await missing({ ...grown, rows: 8 }), /\.wandb holds 7 rows, the metrics file 8/);
    await writeFile(metrics, before);

    const offline = join(root, String(found.file?.path));
    const bytes = await readFile(offline);
    await truncate(offline, bytes.length - 60);
    assert.match(await missing(), /\.wandb cannot be read: it is cut short/);
    await writeFile(offline, Buffer.from(bytes).fill(bytes.readUInt8(400) ^ 1, 400, 401));
    assert.match(await missing(), /\.wandb cannot be read: it is damaged/);
    await rm(offline);
    assert.match(await missing(), /\.wandb is gone/);
    await rm(metrics);
    assert.match(await missing(), /metrics\.jsonl is gone/);
  });

  it('keeps nothing of this machine in the archive', async () => {
    await archive('offline');
    const folder = join(root, 'logs/first/wandb');
    // A short host name could stand in random bytes.
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    assert.ok(files.length > 0);
    const run = (await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')))).join();
    for (const secret of [root, tmpdir(), ...(hostname().length > 6 ? [hostname()] : [])]) assert.ok(!run.includes(secret), secret);
  });

  describe('online', () => {
    let before: NodeJS.ProcessEnv;
    beforeEach(() => {
      before = { ...process.env };
    });
    afterEach(() => {
      process.env = before;
    });

    it('needs a key, and names both ways out', async () => {
      delete process.env['WANDB_API_KEY'];
      await assert.rejects(archive('online'), (error) => {
        assert.ok(error instanceof Problem && error.code === 'ENVIRONMENT');
        return /WANDB_API_KEY/.test(String(error.cure)) && /archive\.mode: offline/.test(String(error.cure));
      });
    });

    const key = 'f00dfacef00dfacef00dfacef00dfacef00dface';
    const everyFile = async (): Promise<string> => {
      const files = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
      return (await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')))).join();
    };

    it('says that W&B cannot be reached, leaves nothing behind and never shows the key', async () => {
      process.env['WANDB_API_KEY'] = key;
      process.env['WANDB_BASE_URL'] = 'http://127.0.0.1:9';
      await assert.rejects(archive('online'), (error) => {
        assert.ok(error instanceof Problem && error.code === 'UNREACHABLE');
        return !JSON.stringify(error.toJSON()).includes(key);
      });
      assert.deepEqual(await readdir(join(root, 'logs/first')), ['metrics.jsonl']);
      assert.deepEqual(await readdir(join(root, 'runs/first')), ['evaluation.json']);
    });

    describe('with a server', () => {
      let server: WandbServer;
      beforeEach(async () => {
        server = await wandbServer();
        process.env['WANDB_API_KEY'] = key;
        process.env['WANDB_BASE_URL'] = server.url;
        process.env['WANDB_MODE'] = 'disabled'; // of the shell: it must not decide
      });
      afterEach(() => server.close());

      /** What the server holds, without W&B's own fields. */
      const held = (): unknown[] => [...server.runs.values()].flat().map((line) => ownFields(line));

      it('uploads every row once, and is confirmed', async () => {
        const { warnings, summary } = await archive('online');
        assert.deepEqual(held(), rows);
        assert.deepEqual(warnings, []);
        assert.equal(summary['uploaded'], true);
        const found = await record();
        assert.equal(found.url, `${server.url}/someone/emo-aen/runs/${found.runId}`);
        assert.deepEqual((await proveArchive(root, found)).missing, []);
        assert.deepEqual(await readdir(join(root, 'logs/first')), ['metrics.jsonl']);
        assert.ok(!(await everyFile()).includes(key));
        assert.ok(!server.received.some((body) => body.includes(root) || body.includes(process.cwd())));

        const before = server.received.length;
        await archive('online');
        assert.ok(server.received.slice(before).every((body) => !body.includes('wandb-history.jsonl')));
        assert.equal(server.runs.size, 1);
        assert.deepEqual(held(), rows);
      });

      it('goes on where a killed attempt stopped', async () => {
        await archive('online');
        const [[runId, lines] = ['', []]] = server.runs;
        server.hold(runId, lines.slice(0, 3));
        await archive('online');
        assert.deepEqual(held(), rows);
      });

      it('does not call it uploaded while the server holds fewer rows', async () => {
        server.lose();
        const { python } = await readInstallation();
        const lost = runWandb(
          {
            mode: 'online',
            project: 'emo-aen',
            run: 'first',
            runId: 'lost',
            metrics: join(root, 'logs/first/metrics.jsonl'),
            folder: root,
            config: {},
            summary: {},
            confirmSeconds: 1,
          },
          { python: python.executable, signal: new AbortController().signal, onRows: () => undefined },
        );
        await assert.rejects(
          lost,
          (error) => error instanceof Problem && error.code === 'UNREACHABLE' && /holds 0 of 7 rows after 1 s/.test(error.message),
        );
      });
    });
  });
});

function ownFields(line: string): unknown {
  const row = JSON.parse(line) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('_')));
}
