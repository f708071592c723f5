import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { audit } from '../../../activities/dataset/audit.js';
import type { TaskContext } from '../../../activities/task.js';
import { Problem } from '../../../configs/problem.js';
import { AuditReport } from '../../../configs/schema/audit.js';
import { CATALOG } from '../../../configs/schema/catalog.js';
import type { DatasetSettings } from '../../../configs/schema/dataset.js';
import type { Progress } from '../../../configs/schema/payload.js';
import { DatasetIndex } from '../../../configs/schema/photos.js';
import { proposeForSet } from '../../../ml/images/propose.js';
import { lockSplits } from '../../../ml/images/splits-file.js';
import { png, put, SETTINGS, soundProject } from '../../ml/images/photo-set.js';
import { taskContext } from '../task-context.js';

describe('the audit task', () => {
  let root: string;
  let told: Progress[];
  let context: TaskContext<DatasetSettings>;
  beforeEach(async () => {
    root = await soundProject();
    told = [];
    context = taskContext({ root, task: 'audit', settings: SETTINGS, progress: (now) => told.push(now) });
  });
  afterEach(() => rm(root, { recursive: true }));
  const report = async (): Promise<AuditReport> =>
    AuditReport.parse(JSON.parse(await readFile(join(root, 'runs/test/audit.json'), 'utf8')));

  it('provides report, dataset and the splits file itself for a sound set, and tells each photo', async () => {
    const { artifacts, summary } = await audit(context);
    assert.deepEqual(artifacts.map(({ name }) => name).sort(), [...CATALOG.audit.provides].sort());
    assert.equal(artifacts.find(({ name }) => name === 'splits')?.path, join(root, 'docs/splits.json'));
    const dataset = DatasetIndex.parse(JSON.parse(await readFile(join(root, 'runs/test/dataset.json'), 'utf8')));
    assert.equal(dataset.hash, (await report()).hash);
    assert.deepEqual([summary['photos'], summary['pairs train'], summary['synthetic']], [12, 2, false]);
    assert.deepEqual([told.length, told.at(-1)?.done, told.at(-1)?.total], [12, 12, 12]);
  });

  it('fails for good on a bad set, names the first files and the report, and writes the whole report', async () => {
    const bad = ['one/good/a.png', 'one/bad/b.png', 'two/good/a.png', 'three/bad/a.png'];
    for (const file of bad) await put(root, `training_files/${file}`, 'words');
    await assert.rejects(audit(context), (error) => {
      assert.ok(error instanceof Problem);
      assert.deepEqual([error.code, error.retryable, error.where], ['DATASET', false, 'runs/test/audit.md']);
      assert.match(error.message, /one\/bad\/b\.png is not an image.*and 1 more/);
      return true;
    });
    const { findings, ok } = await report();
    assert.deepEqual([ok, findings.map(({ file }) => file).sort()], [false, [...bad].sort()]);
    const readable = await readFile(join(root, 'runs/test/audit.md'), 'utf8');
    const page = await readFile(join(root, 'runs/test/audit.html'), 'utf8');
    for (const file of bad) assert.ok(readable.includes(`\`${file}\``) && page.includes(`>${file}<`), file);
    assert.deepEqual([told.at(-1)?.done, told.at(-1)?.unit], [4, 'pictures']);
  });

  it('stops where the splits are locked to other photos, and says what changed', async () => {
    await lockSplits(root, SETTINGS.splits.file, await proposeForSet({ root, settings: SETTINGS }));
    await put(root, 'training_files/four/good/a.png', await png(60));
    await put(root, 'training_files/four/bad/a.png', await png(61));
    const text = await readFile(join(root, SETTINGS.splits.file), 'utf8');
    await put(root, SETTINGS.splits.file, text.replace('"splits": {', '"splits": {"four": "train",'));
    await assert.rejects(
      audit(context),
      (error) =>
        error instanceof Problem && /splits\.json is locked to the set \w+…, the photos are now \w+…; new: "four"$/.test(error.message),
    );
  });

  it('keeps the report on one line per file, whatever the name holds', async () => {
    await put(root, 'training_files/one/good/two\nlines `and` | more.png', 'words');
    await assert.rejects(audit(context), Problem);
    const readable = await readFile(join(root, 'runs/test/audit.md'), 'utf8');
    assert.equal(readable.split('\n').filter((line) => line.includes('`` one/good/two\\nlines `and` | more.png ``')).length, 2);
  });
});
