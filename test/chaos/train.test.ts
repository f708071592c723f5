import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isOk } from './report.js';
import { trainChaos } from './train.js';
import type { Fault } from './train/plan.js';

/** One fault of the suite, so that it is known to work without taking its minutes; kills are tried in resume.test.ts. */
describe('the trainer under faults', function () {
  this.timeout(180_000);
  let scratch = '';
  beforeEach(async () => (scratch = await mkdtemp(join(tmpdir(), 'emo-aen-chaos-test-'))));
  afterEach(() => rm(scratch, { recursive: true, force: true }));

  it('ends with the bytes of an undisturbed run after its disk was full', async function () {
    const full: Fault = {
      name: 'disk full in a checkpoint',
      everyMinutes: 10,
      moment: { sign: 'step', step: 10, delayMs: 0 },
      harm: { kind: 'fill', room: 'part of a checkpoint', place: 0.5 },
    };
    const { faults, sha256 } = await trainChaos({ seed: 0, scratch, note: () => undefined, plan: [[full]] });
    assert.ok(isOk(faults), JSON.stringify(faults, null, 2));
    assert.match(sha256['last'] ?? '', /^[0-9a-f]{64}$/);
    const skipped = faults.filter((row) => row.skipped !== undefined);
    for (const { fault, skipped: why } of skipped) process.stderr.write(`SKIPPED: ${fault}: ${why}\n`);
    if (skipped.length > 0) this.skip();
    assert.deepEqual(faults, [{ fault: full.name, count: 1, ok: true }]);
  });
});
