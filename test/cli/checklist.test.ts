import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Checklist } from '../../configs/schema/checklist.js';
import { finishedRun, RUN } from '../activities/checklist/finished-run.js';
import { invoke } from './invoke.js';

describe('emo-aen checklist', function () {
  this.timeout(60_000);
  let root: string;
  before(async () => {
    root = await finishedRun();
  });
  after(() => rm(root, { recursive: true }));

  it('says that the newest run is complete, as one JSON document', async () => {
    const { code, stdout } = await invoke('checklist', '--root', root, '--json');
    assert.equal(code, 0);
    const found = Checklist.strict().parse(JSON.parse(stdout));
    assert.equal(found.run, RUN);
    assert.ok(found.complete);
  });

  it('gives the five boxes with every proof as Markdown, and not together with --json', async () => {
    const { code, stdout } = await invoke('checklist', '--root', root, '--markdown');
    assert.equal(code, 0);
    assert.match(stdout, /^# Checklist of run first: complete\n\n- \[x\] Dataset validated and splits locked\n {2}- task audit is done\n/);
    assert.equal(stdout.match(/^- \[x\] /gm)?.length, 5);
    const both = await invoke('checklist', '--root', root, '--markdown', '--json');
    assert.equal(both.code, 2);
    assert.match(both.stderr, /--json and --markdown are two forms of one answer/);
  });

  it('ends with 1 and says what is missing once a file has changed', async () => {
    await rm(join(root, 'models/emo_aen_int8.onnx'));
    const { code, stdout } = await invoke('checklist', RUN, '--root', root);
    assert.equal(code, 1);
    assert.match(stdout, /\[ \] models .*\n +missing: models\/emo_aen_int8\.onnx is gone: it had \d+ bytes, sha256 /);
    assert.match(stdout, /run first: incomplete\n$/);
    const markdown = await invoke('checklist', '--root', root, '--markdown');
    assert.equal(markdown.code, 1);
    assert.match(markdown.stdout, /\n- \[ \] Best checkpoint and ONNX exports stored\n {2}- missing: models\/emo_aen_int8\.onnx is gone/);
  });

  it('says so where there is no such run, or none at all', async () => {
    const close = await invoke('checklist', 'fist', '--root', root);
    assert.equal(close.code, 1);
    assert.match(close.stderr, /there is no run fist\n +cure: did you mean first\?/);
    const empty = await mkdtemp(join(tmpdir(), 'emo-aen-empty-'));
    try {
      const none = await invoke('checklist', '--root', empty);
      assert.equal(none.code, 1);
      assert.match(none.stderr, /there are no runs yet/);
    } finally {
      await rm(empty, { recursive: true });
    }
  });
});
