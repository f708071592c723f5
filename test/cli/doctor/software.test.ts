import assert from 'node:assert/strict';
import { softwareFindings } from '../../../cli/doctor/software.js';
import { CLONE } from '../../../configs/load/installation.js';

describe('the software that the doctor looks for', () => {
  it('is all there on a machine that is set up, what set-up compiled among it', async () => {
    const findings = await softwareFindings(CLONE);
    assert.deepEqual(
      findings.filter(({ ok }) => !ok),
      [],
    );
    for (const id of ['tensorflow', 'decoder']) assert.ok(findings.some((finding) => finding.id === id));
  }).timeout(30_000);
});
