import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { Worker, type InjectedSinks } from '@temporalio/worker';
import type { LedgerSinks } from '../../workflows/record.js';
import { bundle } from './place.js';

/** Nothing is written when a history is replayed. */
const NO_SINKS: InjectedSinks<LedgerSinks> = { ledger: { offer: { fn: () => undefined, callDuringReplay: false } } };

const GOLDEN = new URL('../../../test/workflows/golden/', import.meta.url);

describe('a recorded run', function () {
  this.timeout(60_000);

  async function history(name: string): Promise<unknown> {
    return JSON.parse(await readFile(new URL(`${name}.json`, GOLDEN), 'utf8'));
  }

  const SCENARIOS = [
    ...['success', 'reused', 'retried', 'skipped', 'paused', 'blocked', 'reset', 'attributes', 'cancelled'],
    ...['approved', 'failed-fast', 'continued', 'before-continued'],
  ];
  for (const name of SCENARIOS) {
    it(`replays: ${name}`, async () => {
      await Worker.runReplayHistory({ workflowBundle: { codePath: await bundle() }, sinks: NO_SINKS }, await history(name));
    });
  }

  it('is replayed from every file that was recorded', async () => {
    const files = (await readdir(GOLDEN)).filter((file) => file.endsWith('.json')).sort();
    assert.deepEqual(files, SCENARIOS.map((name) => `${name}.json`).sort());
  });

  it('catches a workflow that does other things than it did', async () => {
    const code = await readFile(await bundle(), 'utf8');
    const broken = join(tmpdir(), `emo-aen-broken-bundle-${process.pid}.js`);
    const other = code.replace('activityId: plan.name', "activityId: plan.name + '!'");
    assert.notEqual(other, code);
    await writeFile(broken, other);
    try {
      await assert.rejects(Worker.runReplayHistory({ workflowBundle: { codePath: broken }, sinks: NO_SINKS }, await history('success')), {
        name: 'DeterminismViolationError',
      });
    } finally {
      await rm(broken);
    }
  });

  it('carries a bundle without yaml and the file system', async () => {
    const code = await readFile(await bundle(), 'utf8');
    const modules = [...code.matchAll(/^\/\*\*\*\/ "\.?\/?([^"]+)"$/gm)].map(([, path]) => path ?? '');
    assert.ok(modules.some((path) => path.endsWith('workflows/pipeline.js')));
    assert.deepEqual(
      modules.filter((path) => /node_modules\/yaml\/|node:fs/.test(path)),
      [],
    );
  });
});
