import assert from 'node:assert/strict';
import { EXIT, exitCodeOf } from '../../cli/command.js';
import { Problem, type ProblemCode } from '../../configs/problem.js';

describe('exit codes', () => {
  const contract: readonly [ProblemCode, number][] = [
    ['USAGE', EXIT.usage],
    ['CONFIGURATION', EXIT.usage],
    ['UNREACHABLE', EXIT.unreachable],
    ['DATASET', EXIT.failed],
    ['CHECKLIST_INCOMPLETE', EXIT.failed],
  ];
  for (const [code, exit] of contract) {
    it(`is ${exit} for ${code}`, () => assert.equal(exitCodeOf(new Problem({ code, message: '' })), exit));
  }
});
