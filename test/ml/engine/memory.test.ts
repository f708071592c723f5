import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { tensorFlowEnvironment } from '../../../ml/engine/tensorflow.js';

// V8's young generation grows once by up to 16 MiB after some hundred steps, whatever a program does: kept small here, so that what is left to grow is ours.
const OPTIONS = ['--expose-gc', '--max-semi-space-size=1'];
const PROGRAM = fileURLToPath(new URL('./thousand-steps.js', import.meta.url));

describe('a run of a thousand steps', function () {
  this.timeout(180_000);

  it('holds its memory within 2 % from its second hundred to its last', async () => {
    const env = { ...process.env, ...tensorFlowEnvironment('cpu', 2) };
    const { stdout } = await promisify(execFile)(process.execPath, [...OPTIONS, PROGRAM], { env });
    const resident = JSON.parse(stdout) as number[];
    assert.equal(resident.length, 10);
    const [, second = NaN] = resident;
    assert.ok(Math.max(...resident.slice(1)) < 1.02 * second, `MiB after each hundred steps: ${resident.map(Math.round).join(', ')}`);
  });
});
