import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changelog } from '../../../activities/checklist/changelog.js';
import { Problem } from '../../../configs/problem.js';
import { ChangelogRecord } from '../../../configs/schema/changelog.js';
import { contextFor, finishedRun, readLedgerOf, RUN } from './finished-run.js';

describe('the task changelog', function () {
  this.timeout(60_000);
  let template: string;
  let root: string;
  before(async () => {
    template = await finishedRun();
  });
  after(() => rm(template, { recursive: true }));
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-changelog-'));
    await cp(template, root, { recursive: true });
  });
  afterEach(() => rm(root, { recursive: true }));

  const file = (): string => join(root, 'docs/model_changelog.md');
  const write = async (): ReturnType<typeof changelog> => changelog(contextFor(root, 'changelog', (await readLedgerOf(root)).tasks));

  it('names version, date, data, weights, metrics with their interval, settings and what was set by hand', async () => {
    const ledger = await readLedgerOf(root);
    const files = ledger.tasks.find(({ plan }) => plan.uses === 'preprocess')?.plan.settingsFiles ?? [];
    const { entry, datasetHash } = ChangelogRecord.parse(JSON.parse(await readFile(join(root, 'runs', RUN, 'changelog.json'), 'utf8')));
    assert.equal(
      entry,
      [
        '## 0.1.0: run first, 2026-01-02',
        '',
        '| what | value |',
        '| --- | --- |',
        '| Version | 0.1.0 |',
        '| Trained | 2026-01-02T03:00:00.000Z, mobilenet_v3_large |',
        '| Began from | random weights |',
        `| Dataset | \`${datasetHash}\` |`,
        '| Pairs | synthetic: made by `emo-aen sample`, not judged by people |',
        '| Pairwise accuracy (test) | 0.875 (interval 0.800 to 0.925, 104 pairs) |',
        '| Kendall tau-b (test) | 0.750 |',
        '| Hinge loss (test) | 0.0712 |',
        '| INT8 against FP32 | embedding cosine 0.9980 (least 0.9900), 98.0 % of pairs ranked alike |',
        '| Accuracy FP32, INT8 | 0.875, 0.865 (drop 0.010) |',
        '| Latency of the network | 21.3 ms a photo, cpu |',
        '| Latency of the exports | FP32 18.0 ms, INT8 14.0 ms a photo, onnxruntime, one thread |',
        '| Size | FP32 13.0 MB, INT8 3.6 MB |',
        ...files.toSorted((a, b) => (a.path < b.path ? -1 : 1)).map(({ path, sha256 }) => `| Settings | \`${path}\` \`${sha256}\` |`),
        '| Set by hand | `train.schedule.epochs=3` |',
      ].join('\n'),
    );
    assert.equal(files.length, 2);
  });

  it('done again changes nothing', async () => {
    const before = await readFile(file(), 'utf8');
    await write();
    assert.equal(await readFile(file(), 'utf8'), before);
  });

  it('leaves what people wrote as it is', async () => {
    const before = await readFile(file(), 'utf8');
    await writeFile(file(), `${before.replace('0.875', '0.999')}\n## Mine\n`);
    await write();
    assert.equal(await readFile(file(), 'utf8'), `${before}\n## Mine\n`);
  });

  it('touches nothing where the markers of its entry are broken', async () => {
    await writeFile(file(), '<!-- run first -->\n');
    await assert.rejects(write(), (error) => error instanceof Problem && error.code === 'CONFLICT');
    assert.equal(await readFile(file(), 'utf8'), '<!-- run first -->\n');
  });
});
