import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
/** Longer than a pipe holds, so that the writer is still at it when its reader goes. */
const LONG = ['schema', 'pipeline'];

describe('the answer of a command', () => {
  async function collected(child: ReturnType<typeof spawn>): Promise<{ code: number | null; stderr: string }> {
    let stderr = '';
    child.stderr?.on('data', (text: Buffer) => (stderr += text.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stderr };
  }

  for (const words of [LONG, ['--help'], ['validate', '--json'], ['no-such-command']]) {
    it(`ends quietly where nobody reads it: ${words.join(' ')}`, async () => {
      const child = spawn(process.execPath, [MAIN, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
      child.stdout.destroy();
      const { code, stderr } = await collected(child);
      assert.doesNotMatch(stderr, /EPIPE|at /);
      assert.equal(code, words === LONG || words[0] === '--help' || words[0] === 'validate' ? 141 : 2);
    });

    it(`says that the output is full: ${words.join(' ')}`, async () => {
      const full = await open('/dev/full', 'w');
      const { code, stderr } = await collected(spawn(process.execPath, [MAIN, ...words], { stdio: ['ignore', full.fd, 'pipe'] }));
      await full.close();
      if (words[0] === 'no-such-command') return assert.equal(code, 2, 'it has no answer');
      assert.match(stderr, /^error: the output is full\n {2}cure: .+$/m);
      assert.doesNotMatch(stderr, / {4}at /);
      assert.equal(code, 1);
    });
  }

  it('ends with its code where even the errors have no place', async () => {
    const full = await open('/dev/full', 'w');
    const child = spawn(process.execPath, [MAIN, 'no-such-command'], { stdio: ['ignore', 'ignore', full.fd] });
    const [code] = (await once(child, 'close')) as [number | null];
    await full.close();
    assert.equal(code, 1);
  });
});
