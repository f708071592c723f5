import assert from 'node:assert/strict';
import { appendFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checklist } from '../../../activities/checklist/checklist.js';
import { Problem } from '../../../configs/problem.js';
import { Checklist, type ChecklistItem } from '../../../configs/schema/checklist.js';
import type { Ledger } from '../../../configs/schema/ledger.js';
import { hashFile } from '../../../ml/files/atomic.js';
import { auditRun } from '../../../ml/checklist/audit.js';
import { contextFor, finishedRun, git, PREPROCESS, readLedgerOf, RUN } from './finished-run.js';

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
      await onlyOpen('dataset', /training_files\/scene\/good\/b c\.jpg was altered since the audit/);
    });
    it('when a photo is gone or was added', async () => {
      await rm(join(root, 'training_files/scene/bad/a.jpg'));
      await writeFile(join(root, 'training_files/scene/bad/new.jpg'), '');
      await onlyOpen('dataset', /bad\/a\.jpg is gone[^]*bad\/new\.jpg was added after the audit/);
    });
    it('when the splits were edited', async () => {
      await edit('docs/splits.json', (text) => text.replace('test', 'train'));
      await onlyOpen('dataset', /docs\/splits\.json was altered/);
    });
  });

  describe('opens preprocess', () => {
    const preprocess = 'configs/quickstart/preprocess.yaml';
    const hand = async (change: (plan: Ledger['tasks'][number]['plan']) => void): Promise<void> => {
      const task = ledger.tasks.find(({ plan }) => plan.uses === 'preprocess');
      assert.ok(task);
      change(task.plan);
    };
    it('when another version of the settings is committed', async () => {
      await edit(preprocess, (text) => text.replace('256', '250'));
      assert.deepEqual(await open(), {}, 'an edit that is not committed changes nothing of what HEAD holds');
      await git(root, 'commit', '-qam', 'later');
      await onlyOpen('preprocess', /preprocess\.yaml is committed with other content than the run used/);
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
    it('when the offline run is gone', async () => {
      await rm(join(root, 'logs', RUN, 'wandb'), { recursive: true });
      await onlyOpen('logs', /\.wandb is gone/);
    });
    it('when the offline run lacks rows', async () => {
      const [folder] = await readdir(join(root, 'logs', RUN, 'wandb'));
      const [file] = (await readdir(join(root, 'logs', RUN, 'wandb', String(folder)))).filter((name) => name.endsWith('.wandb'));
      const path = join(root, 'logs', RUN, 'wandb', String(folder), String(file));
      const whole = await readFile(path);
      await writeFile(path, whole.subarray(0, whole.lastIndexOf('"epoch"') - 200));
      await onlyOpen('logs', /\.wandb (holds \d rows, the metrics file 6|cannot be read: it is cut short)/);
    });
    it('when a row of the metrics file was removed', async () => {
      await edit(`logs/${RUN}/metrics.jsonl`, (text) => text.slice(text.indexOf('\n') + 1));
      await onlyOpen('logs', /metrics\.jsonl is not the file that was archived/);
    });
    it('when an upload was asked for', async () => {
      const task = ledger.tasks.find(({ plan }) => plan.uses === 'archive-logs');
      assert.ok(task);
      task.plan.settings = { archive: { mode: 'online', project: 'emo-aen' } };
      await onlyOpen('logs', /archive\.mode is online, and the archive was made offline/);
    });
  });

  describe('opens models', () => {
    for (const file of ['emo_aen.onnx', 'emo_aen_int8.onnx', 'emo_aen.safetensors', 'versions/0.1.0-abc/emo_aen_int8.onnx'])
      it(`when models/${file} was changed or is gone`, async () => {
        const path = join(root, 'models', file);
        const bytes = await readFile(path);
        await writeFile(path, Buffer.from(bytes).fill(bytes.readUInt8(9) ^ 1, 9, 10));
        await onlyOpen('models', new RegExp(`models/${file} was altered: sha256`));
        await rm(path);
        await onlyOpen('models', new RegExp(`models/${file} is gone`));
      });
    it('when another run has published since', async () => {
      await edit('models/manifest.json', (text) => text.replace(`"run":"${RUN}"`, '"run":"second"'));
      await onlyOpen('models', /models\/manifest\.json was altered[^]*is now that of run second/);
    });
    it('when a model with the right hash is no model', async () => {
      await writeFile(join(root, 'broken'), 'no model');
      const replace = async (path: string): Promise<void> => cp(join(root, 'broken'), join(root, path));
      for (const path of [`runs/${RUN}/emo_aen.onnx`, 'models/emo_aen.onnx', 'models/versions/0.1.0-abc/emo_aen.onnx']) await replace(path);
      const facts = await hashFile(join(root, 'broken'));
      const manifest = JSON.parse(await readFile(join(root, 'models/manifest.json'), 'utf8')) as { files: { name: string }[] };
      manifest.files = manifest.files.map((row) => (row.name === 'onnx' ? { ...row, ...facts } : row));
      await writeFile(join(root, 'models/manifest.json'), JSON.stringify(manifest));
      const manifestFacts = await hashFile(join(root, 'models/manifest.json'));
      for (const artifact of ledger.tasks.flatMap(({ output }) => output?.artifacts ?? [])) {
        if (artifact.name === 'onnx' || artifact.name === 'published-onnx') Object.assign(artifact, facts);
        if (artifact.name === 'manifest') Object.assign(artifact, manifestFacts);
      }
      await onlyOpen('models', /models\/versions\/0\.1\.0-abc\/emo_aen\.onnx does not load/);
    });
  });

  describe('opens docs', () => {
    const file = 'docs/model_changelog.md';
    it('when the entry was edited', async () => {
      await edit(file, (text) => text.replace('0.875', '0.975'));
      await onlyOpen('docs', /the entry of run first in docs\/model_changelog\.md was edited/);
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

  it('never ticks what was skipped', async () => {
    for (const uses of ['audit', 'preprocess', 'archive-logs', 'publish', 'changelog']) {
      const task = ledger.tasks.find(({ plan }) => plan.uses === uses);
      assert.ok(task);
      task.state = 'skipped';
    }
    const items = await open();
    assert.deepEqual(Object.keys(items), ['dataset', 'preprocess', 'logs', 'models', 'docs']);
    assert.match(String(items.logs), /task archive-logs is skipped, not done/);
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
      return /^models: models\/emo_aen\.onnx is gone$/.test(error.message);
    });
    assert.match(
      await readFile(join(root, 'runs', RUN, 'checklist.md'), 'utf8'),
      /- \[ \] Best checkpoint[^]*missing: models\/emo_aen\.onnx is gone/,
    );
  });
});
