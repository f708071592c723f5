import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
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

describe('a project root that is no folder', () => {
  const program = fileURLToPath(new URL('../../../bin/emo-aen.cjs', import.meta.url));
  for (const [what, root, message] of [
    ['is not there', '/no/such/project', /^error: --root: \/no\/such\/project is not there/],
    ['is a file', program, /^error: --root: .*emo-aen\.cjs is not a folder/],
  ] as const) {
    it(`is named, with a cure and no stack trace, where it ${what}`, () => {
      const { status, stderr } = spawnSync(process.execPath, [program, 'down', '--root', root], { encoding: 'utf8' });
      assert.equal(status, EXIT.usage);
      assert.match(stderr, message);
      assert.match(stderr, /\n {2}cure: /);
      assert.doesNotMatch(stderr, /\n {4}at /);
    });
  }
});
