import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { runCommand } from '../../../bench/data/command.js';
import { soundProject } from '../../ml/images/photo-set.js';

describe('a command that the bench runs', () => {
  let root = '';
  beforeEach(async () => void (root = await soundProject()));
  afterEach(() => rm(root, { recursive: true }));

  it('gives its answer, its time and the memory that Node needs at least', async () => {
    const { answer, seconds, peakMb } = await runCommand(root, ['audit']);
    assert.equal((answer as { photos: number }).photos, 12);
    assert.ok(seconds > 0);
    assert.ok(peakMb > 30, `${peakMb} MB`);
  });

  it('says what a command said that printed no JSON', async () => {
    await assert.rejects(runCommand(root, ['audits']), /there is no command audits|did you mean/);
  });
});
