import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFile, cp, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { checklist } from '../../../activities/checklist/checklist.js';
import { Problem } from '../../../configs/problem.js';
import { Checklist, type ChecklistItem } from '../../../configs/schema/checklist.js';
import type { Ledger } from '../../../configs/schema/ledger.js';
import { hashFile } from '../../../ml/files/atomic.js';
import { Digests } from '../../../ml/files/digests.js';
import { auditRun } from '../../../ml/checklist/audit.js';
import { contextFor, finishedRun, git, PREPROCESS, readLedgerOf, RUN, tinyModel, withFingerprints } from './finished-run.js';
import { withoutRow } from './offline-run.js';

describe('the checklist', function () {
  this.timeout(60_000);
  let template: string;
  let root: string;
  let ledger: Ledger;
  before(async () => {
    template = await finishedRun();
  });
  after(() => rm(template, { recursive: true }));
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-checklist-'));
    await cp(template, root, { recursive: true });
    ledger = await readLedgerOf(root);
  });
  afterEach(() => rm(root, { recursive: true }));

  /** Gives the tasks the fingerprints that a run with this ledger would have. */
  const settle = (): void => void (ledger.tasks = withFingerprints(ledger.tasks));

  /** What is missing, by item, of those that are not done. */
  const open = async (): Promise<Partial<Record<ChecklistItem['id'], string>>> => {
    const found = Checklist.parse(await auditRun(root, ledger));
    assert.equal(
      found.complete,
      found.items.every(({ done }) => done),
    );
    return Object.fromEntries(found.items.filter(({ done }) => !done).map(({ id, missing }) => [id, missing.join('\n')]));
  };
  /** That one item alone is open, for a reason. */
  const onlyOpen = async (id: ChecklistItem['id'], reason: RegExp): Promise<void> => {
    const items = await open();
    assert.deepEqual(Object.keys(items), [id]);
    assert.match(String(items[id]), reason);
  };
  const edit = async (path: string, change: (text: string) => string): Promise<void> =>
    writeFile(join(root, path), change(await readFile(join(root, path), 'utf8')));

  it('is complete, each of the five items with evidence', async () => {
    const found = await auditRun(root, ledger);
    assert.deepEqual(
      found.items.map(({ id, done }) => `${id} ${done}`),
      ['dataset true', 'preprocess true', 'logs true', 'models true', 'docs true'],
    );
    assert.ok(found.complete && found.items.every(({ evidence }) => evidence.length > 1));
    assert.match(JSON.stringify(found.items[2]?.evidence), /6 rows, read back one by one \(offline, not uploaded\)/);
    assert.match(JSON.stringify(found.items[3]?.evidence), /emo_aen_int8\.onnx loads in onnxruntime: outputs embedding, score/);
    assert.ok(!JSON.stringify(found).includes(root));
  });

  describe('opens dataset', () => {
    it('when a photo was edited', async () => {
      await appendFile(join(root, 'training_files/scene/good/b c.jpg'), '.');
      await onlyOpen(
        'dataset',
        /^training_files\/scene\/good\/b c\.jpg was altered after the audit: its sha256 was [0-9a-f]{12}…; it is [0-9a-f]{12}… since \d{4}-\d\d-\d\d \d\d:\d\d UTC$/,
      );
    });
    it('when a photo was edited and has its old size and time', async () => {
      const path = join(root, 'training_files/scene/good/a.jpg');
      const { atime, mtime } = await stat(path);
      const bytes = await readFile(path);
      await writeFile(path, Buffer.from(bytes).fill(bytes.readUInt8(0) ^ 1, 0, 1));
      await utimes(path, atime, mtime);
      await onlyOpen('dataset', /^training_files\/scene\/good\/a\.jpg was altered after the audit/);
    });
    it('when a photo was edited and what is remembered of it, by mistake or by intent, says that it was not', async () => {
      const path = join(root, 'training_files/scene/good/a.jpg');
      const { sha256 } = await hashFile(path);
      await writeFile(path, 'edited');
      await delay(2_100); // a digest is remembered of a file that has rested; nothing tells when
      const digests = (): Digests => new Digests({ root, store: 'photos', tell: (message) => assert.fail(message) });
      const learning = digests();
      const edited = await learning.of(path);
      await learning.save();
      const store = join(root, '.emo-aen/cache/digests-photos.json');
      const body = (await readFile(store, 'utf8')).split('\n')[1]?.replace(edited.sha256, sha256) ?? '';
      await writeFile(store, `${createHash('sha256').update(body).digest('hex')}\n${body}\n`);
      assert.equal((await digests().recall(path))?.sha256, sha256);
      await onlyOpen('dataset', /^training_files\/scene\/good\/a\.jpg was altered after the audit/);
    });
    it('when a photo is gone or was added', async () => {
      await rm(join(root, 'training_files/scene/bad/a.jpg'));
      await writeFile(join(root, 'training_files/scene/bad/new.jpg'), '');
      await onlyOpen('dataset', /bad\/a\.jpg is gone[^]*bad\/new\.jpg was added after the audit/);
    });
    it('when the splits were edited', async () => {
      await edit('docs/splits.json', (text) => text.replace('test', 'train'));
      await onlyOpen(
        'dataset',
        /docs\/splits\.json was altered: it had \d+ bytes[^]*docs\/splits\.json moves 4 photos: scene\/bad\/a\.jpg was in test, is in train, and others/,
      );
    });
    it('when the splits were edited and the ledger with them', async () => {
      await edit('docs/splits.json', (text) => text.replace('test', 'train'));
      const splits = ledger.tasks.flatMap(({ output }) => output?.artifacts ?? []).find(({ name }) => name === 'splits');
      Object.assign(splits ?? {}, await hashFile(join(root, 'docs/splits.json')));
      await onlyOpen('dataset', /^docs\/splits\.json moves 4 photos: scene\/bad\/a\.jpg was in test, is in train, and others$/);
    });
    it('when the splits are gone, or hold nothing that can be read', async () => {
      await writeFile(join(root, 'docs/splits.json'), '{');
      await onlyOpen('dataset', /docs\/splits\.json was altered[^]*docs\/splits\.json: 1:\d+: /);
      await rm(join(root, 'docs/splits.json'));
      await onlyOpen('dataset', /^docs\/splits\.json is gone: it had \d+ bytes, sha256 [0-9a-f]{12}…$/);
    });
  });

  describe('opens preprocess', () => {
    const preprocess = 'configs/quickstart/preprocess.yaml';
    const hand = async (change: (plan: Ledger['tasks'][number]['plan']) => void): Promise<void> => {
      const task = ledger.tasks.find(({ plan }) => plan.uses === 'preprocess');
      assert.ok(task);
      change(task.plan);
      settle();
    };
    it('when another version of the settings is committed', async () => {
      await edit(preprocess, (text) => text.replace('256', '250'));
      assert.deepEqual(await open(), {}, 'an edit that is not committed changes nothing of what HEAD holds');
      await git(root, 'commit', '-qam', 'later');
      await onlyOpen(
        'preprocess',
        /preprocess\.yaml is committed with other content than the run used: the run used sha256 [0-9a-f]{12}…, HEAD [0-9a-f]{12} holds [0-9a-f]{12}…: run again/,
      );
    });
    it('when the run used an edit that was never committed', async () => {
      await edit(preprocess, (text) => `${text}# mine\n`);
      const used = (await hashFile(join(root, preprocess))).sha256;
      await hand(({ settingsFiles }) => void Object.assign(settingsFiles[0] ?? {}, { sha256: used }));
      await onlyOpen(
        'preprocess',
        /preprocess\.yaml is committed with other content than the run used: .*: git commit configs\/quickstart\/preprocess\.yaml$/,
      );
    });
    it('when the run used a file that git does not track, or only has in its index', async () => {
      await git(root, 'rm', '-q', '--cached', preprocess);
      await onlyOpen('preprocess', /is not tracked by git: git add configs\/quickstart\/preprocess\.yaml/);
      await git(root, 'commit', '-qm', 'removed');
      await git(root, 'add', preprocess);
      await onlyOpen('preprocess', /was added and not committed/);
    });
    it('when the run was told other settings by hand', async () => {
      await hand((plan) => (plan.settings = { ...PREPROCESS, crop: 200 }));
      await onlyOpen('preprocess', /other settings than configs\/quickstart\/preprocess\.yaml gives \(--set\)/);
    });
    it('when the project is in no repository', async () => {
      await rm(join(root, '.git'), { recursive: true });
      await onlyOpen('preprocess', /not in a git repository: git init/);
    });
    it('but not when the project is a folder in a larger repository', async () => {
      const outer = await mkdtemp(join(tmpdir(), 'emo-aen-outer-'));
      try {
        await cp(root, join(outer, 'inner'), { recursive: true });
        await rm(join(outer, 'inner', '.git'), { recursive: true });
        await git(outer, 'init', '-q');
        await git(outer, 'add', '.');
        await git(outer, 'commit', '-qm', 'all');
        assert.ok((await auditRun(join(outer, 'inner'), ledger)).complete);
      } finally {
        await rm(outer, { recursive: true });
      }
    });
  });

  describe('opens logs', () => {
    const offlinePath = async (): Promise<string> => {
      const names = await readdir(join(root, 'logs', RUN, 'wandb'), { recursive: true });
      return join(root, 'logs', RUN, 'wandb', String(names.find((name) => name.endsWith('.wandb'))));
    };
    it('when the offline run is gone', async () => {
      await rm(join(root, 'logs', RUN, 'wandb'), { recursive: true });
      await onlyOpen('logs', /\.wandb is gone/);
    });
    it('when the offline run was cut short', async () => {
      const path = await offlinePath();
      const whole = await readFile(path);
      await writeFile(path, whole.subarray(0, -3));
      await onlyOpen('logs', /\.wandb cannot be read: it is cut short at byte \d+/);
    });
    it('when the offline run is whole, and a row in its middle was left out', async () => {
      const path = await offlinePath();
      await writeFile(path, withoutRow(await readFile(path), 3));
      await onlyOpen('logs', /\.wandb holds 5 rows, the metrics file 6: they part at row 4$/);
    });
    it('when the metrics file was deleted', async () => {
      await rm(join(root, `logs/${RUN}/metrics.jsonl`));
      await onlyOpen('logs', /^logs\/first\/metrics\.jsonl is gone: it held the 6 rows that were archived$/);
    });
    it('when a value of the metrics file was edited after it was archived', async () => {
      await edit(`logs/${RUN}/metrics.jsonl`, (text) => text.replace('0.1', '0.2'));
      await onlyOpen(
        'logs',
        /^logs\/first\/metrics\.jsonl is not the file that was archived: it had 6 rows, sha256 [0-9a-f]{12}…; it has 6 rows, sha256 [0-9a-f]{12}…$/,
      );
    });
    it('when a line of the metrics file is no row any more', async () => {
      await edit(`logs/${RUN}/metrics.jsonl`, (text) => text.replace('{', ''));
      await onlyOpen('logs', /^logs\/first\/metrics\.jsonl:1:1: this line is no JSON object$/);
    });
    it('when a row of the metrics file was removed', async () => {
      await edit(`logs/${RUN}/metrics.jsonl`, (text) => text.slice(text.indexOf('\n') + 1));
      await onlyOpen('logs', /metrics\.jsonl is not the file that was archived: it had 6 rows, sha256 .*; it has 5 rows/);
    });
    it('when an upload was asked for', async () => {
      const task = ledger.tasks.find(({ plan }) => plan.uses === 'archive-logs');
      assert.ok(task);
      task.plan.settings = { archive: { mode: 'online', project: 'emo-aen' } };
      settle();
      await onlyOpen('logs', /archive\.mode is online, and the archive was made offline/);
    });
  });

  describe('opens models', () => {
    const editManifest = async (change: (files: { name: string }[]) => { name: string }[]): Promise<void> => {
      const manifest = JSON.parse(await readFile(join(root, 'models/manifest.json'), 'utf8')) as { files: { name: string }[] };
      for (const folder of ['', 'versions/0.1.0/'])
        await writeFile(join(root, 'models', folder, 'manifest.json'), JSON.stringify({ ...manifest, files: change(manifest.files) }));
    };
    /** Makes the ledger say of artifacts, and of the manifest as it is now, what is on disk. */
    const follow = async (facts: Readonly<Record<string, object>>): Promise<void> => {
      const made = await hashFile(join(root, 'models/manifest.json'));
      const all: Readonly<Record<string, object>> = { ...facts, manifest: made, 'version-manifest': made };
      for (const artifact of ledger.tasks.flatMap(({ output }) => output?.artifacts ?? []))
        Object.assign(artifact, all[artifact.name] ?? {});
    };
    for (const file of ['emo_aen.onnx', 'emo_aen_int8.onnx', 'emo_aen.safetensors', 'versions/0.1.0/emo_aen_int8.onnx'])
      it(`when models/${file} was changed or is gone`, async () => {
        const path = join(root, 'models', file);
        const bytes = await readFile(path);
        await writeFile(path, Buffer.from(bytes).fill(bytes.readUInt8(9) ^ 1, 9, 10));
        await onlyOpen(
          'models',
          new RegExp(`models/${file} was altered: it had \\d+ bytes, sha256 .*; it has \\d+ bytes, sha256 .* since`),
        );
        await rm(path);
        await onlyOpen('models', new RegExp(`models/${file} is gone: it had \\d+ bytes`));
      });
    it('when a model was replaced by another of the same name that loads', async () => {
      await writeFile(join(root, 'models/versions/0.1.0/emo_aen.onnx'), tinyModel('another'));
      await onlyOpen('models', /^models\/versions\/0\.1\.0\/emo_aen\.onnx was altered: it had \d+ bytes/);
    });
    it('when a model was replaced and manifest and ledger were made to match', async () => {
      const paths = ['models/emo_aen.onnx', 'models/versions/0.1.0/emo_aen.onnx'];
      for (const path of paths) await writeFile(join(root, path), tinyModel('another'));
      const facts = await hashFile(join(root, 'models/emo_aen.onnx'));
      await editManifest((files) => files.map((row) => (row.name === 'fp32' ? { ...row, ...facts } : row)));
      await follow({ 'published-onnx': facts });
      const items = await open();
      assert.match(String(items.models), /models\/versions\/0\.1\.0\/emo_aen\.onnx is not runs\/first\/emo_aen\.onnx that the run made/);
      assert.match(String(items.models), /runs\/first\/ledger\.json was edited: of task changelog its fingerprint is/);
    });
    it('when a figure in the manifest was edited', async () => {
      await edit('models/manifest.json', (text) => text.replace('0.875', '0.975'));
      await onlyOpen(
        'models',
        /^models\/manifest\.json was altered: it had \d+ bytes, sha256 [0-9a-f]{12}…; it has \d+ bytes, sha256 [0-9a-f]{12}… since/,
      );
    });
    it('when another run has published since', async () => {
      await edit('models/manifest.json', (text) => text.replace(`"run":"${RUN}"`, '"run":"second"'));
      await onlyOpen('models', /models\/manifest\.json was altered[^]*is now that of run second/);
    });
    it('when a model with the right hash is no model', async () => {
      await writeFile(join(root, 'broken'), 'no model');
      const replace = async (path: string): Promise<void> => cp(join(root, 'broken'), join(root, path));
      for (const path of [`runs/${RUN}/emo_aen.onnx`, 'models/emo_aen.onnx', 'models/versions/0.1.0/emo_aen.onnx']) await replace(path);
      const facts = await hashFile(join(root, 'broken'));
      await editManifest((files) => files.map((row) => (row.name === 'fp32' ? { ...row, ...facts } : row)));
      await follow({ onnx: facts, 'published-onnx': facts });
      settle();
      await onlyOpen('models', /models\/versions\/0\.1\.0\/emo_aen\.onnx does not load/);
    });
  });

  describe('opens docs', () => {
    const file = 'docs/model_changelog.md';
    it('when the entry was edited', async () => {
      await edit(file, (text) => text.replace('0.875', '0.975'));
      await onlyOpen(
        'docs',
        /^the entry of run first in docs\/model_changelog\.md was edited: it said "\| Pairwise accuracy \(test\) \| 0\.875 .*", it says ".* 0\.975 .*"; write it again with emo-aen retry first changelog$/,
      );
    });
    it('when the entry or the file is gone', async () => {
      await edit(file, (text) => text.slice(0, text.indexOf('<!-- run')));
      await onlyOpen('docs', /has no entry of run first/);
      await rm(join(root, file));
      await onlyOpen('docs', /docs\/model_changelog\.md is gone/);
    });
    it('when a marker is gone', async () => {
      await edit(file, (text) => text.replace('<!-- end of run first -->', ''));
      await onlyOpen('docs', /markers of run first are not one pair/);
    });
    it('but not when other words of the file were edited', async () => {
      await edit(file, (text) => `${text}\nMy own words.\n`);
      assert.deepEqual(await open(), {});
    });
  });

  const SKIPPED = {
    dataset: 'audit',
    preprocess: 'preprocess',
    logs: 'archive-logs',
    models: 'publish',
    docs: 'changelog',
  } as const satisfies Record<ChecklistItem['id'], string>;
  for (const [id, uses] of Object.entries(SKIPPED) as [keyof typeof SKIPPED, string][])
    it(`never ticks ${id} where ${uses} was skipped, and says who skipped it and why`, async () => {
      const task = ledger.tasks.find(({ plan }) => plan.uses === uses);
      assert.ok(task);
      Object.assign(task, { state: 'skipped', output: null, reason: 'skipped by a person: no time' });
      settle();
      assert.match(String((await open())[id]), new RegExp(`^task ${uses} is skipped, not done \\(skipped by a person: no time\\)$`, 'm'));
    });

  describe('notices a ledger that was edited by hand', () => {
    const task = (uses: string): Ledger['tasks'][number] => {
      const found = ledger.tasks.find(({ plan }) => plan.uses === uses);
      assert.ok(found);
      return found;
    };
    const edited = async (id: ChecklistItem['id'], uses: string): Promise<void> =>
      assert.match(
        String((await open())[id]),
        new RegExp(
          `^runs/first/ledger\\.json was edited: of task ${uses} its fingerprint is \\S+, its settings and inputs give \\S+; put it back, or run again$`,
          'm',
        ),
      );

    it('in the settings of a task', async () => {
      task('archive-logs').plan.settings = { archive: { mode: 'offline', project: 'another' } };
      await edited('logs', 'archive-logs');
    });
    it('in the digest of what a task made, though the file was made to match', async () => {
      await edit(`runs/${RUN}/evaluation.json`, (text) => text.replaceAll('0.875', '0.975'));
      const [made] = task('evaluate').output?.artifacts ?? [];
      Object.assign(made ?? {}, await hashFile(join(root, `runs/${RUN}/evaluation.json`)));
      await edited('docs', 'changelog');
    });
    it('in the state of a task that was skipped', async () => {
      const { output } = task('archive-logs');
      Object.assign(task('archive-logs'), { fingerprint: null, output });
      assert.match(String((await open()).logs), /ledger\.json was edited: of task archive-logs it has no fingerprint/);
    });
  });

  it('ticks what was reused, and says from where', async () => {
    for (const task of ledger.tasks) if (task.state === 'done') Object.assign(task, { state: 'reused', fromRun: 'zeroth' });
    const found = await auditRun(root, ledger);
    assert.ok(found.complete);
    assert.ok(found.items.every(({ evidence }) => evidence.some((text) => text.endsWith('reused from run zeroth'))));
  });

  it('as a task writes what it found, and fails naming what is missing', async () => {
    const task = (): ReturnType<typeof checklist> => checklist(contextFor(root, 'checklist', ledger.tasks));
    const { artifacts, summary } = await task();
    assert.equal(summary['complete'], true);
    assert.ok(Checklist.parse(JSON.parse(await readFile(String(artifacts[0]?.path), 'utf8'))).complete);
    assert.match(await readFile(join(root, 'runs', RUN, 'checklist.md'), 'utf8'), /- \[x\] Dataset validated and splits locked/);

    await rm(join(root, 'models/emo_aen.onnx'));
    await assert.rejects(task(), (error) => {
      assert.ok(error instanceof Problem && error.code === 'CHECKLIST_INCOMPLETE' && !error.retryable);
      return /^models: models\/emo_aen\.onnx is gone: it had \d+ bytes, sha256 [0-9a-f]{12}…$/.test(error.message);
    });
    assert.match(
      await readFile(join(root, 'runs', RUN, 'checklist.md'), 'utf8'),
      /- \[ \] Best checkpoint[^]*missing: models\/emo_aen\.onnx is gone/,
    );
  });
});
