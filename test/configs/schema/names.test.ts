import assert from 'node:assert/strict';
import { LONGEST_NAME, PipelineName, PlannedName, RunName, TaskName } from '../../../configs/schema/names.js';

describe('a name', () => {
  it('of a pipeline makes a valid name of a run with every number of up to nine digits', () => {
    const longest = 'p'.repeat(90);
    assert.ok(PipelineName.safeParse(longest).success);
    assert.ok(!PipelineName.safeParse(`${longest}p`).success);
    assert.ok(RunName.safeParse(`${longest}-999999999`).success);
  });

  it('has at most 100 characters, whatever it is of', () => {
    for (const name of [TaskName, PlannedName, RunName]) {
      assert.ok(name.safeParse('n'.repeat(LONGEST_NAME)).success);
      assert.ok(!name.safeParse('n'.repeat(LONGEST_NAME + 1)).success);
    }
  });

  it('never leads to another folder, and is one line', () => {
    for (const name of ['', '.', '..', '../a', 'a/b', 'a\\b', 'a\0', 'a\n', '/a', '-a', '__proto__'])
      for (const kind of [PipelineName, TaskName, PlannedName, RunName]) assert.ok(!kind.safeParse(name).success, JSON.stringify(name));
  });
});
