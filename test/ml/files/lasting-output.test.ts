import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { smallDisk } from './small-disk.js';

const MODULE = new URL('../../../ml/files/lasting-output.js', import.meta.url).href;
/** Writes a line for each line that it is sent, and says on another way that it has tried. */
const SCRIPT = `
  import { outliveLog } from '${MODULE}';
  outliveLog();
  process.on('message', (line) => process.stderr.write(line + '\\n', () => process.send('tried')));
  process.send('ready');
`;

describe('a process whose log lies on a full disk', () => {
  it('goes on, and says what is missing once there is space', async function () {
    const disk = await smallDisk(1 << 20);
    if (typeof disk === 'string') return this.skip();
    const log = await open(join(disk.path, 'log'), 'a');
    const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT], { stdio: ['ignore', log.fd, log.fd, 'ipc'] });
    const say = async (line: string): Promise<void> => {
      const tried = once(child, 'message');
      child.send(line);
      await tried;
    };
    try {
      await once(child, 'message');
      await say('before');
      await disk.fill(0);
      // The page that the file has begun takes most of this one.
      await say('x'.repeat(4096));
      await say('lost');
      await say('lost too');
      disk.empty();
      await say('after');
      await say('and on');
      const lines = (await readFile(join(disk.path, 'log'), 'utf8')).split('\n').map((line) => line.replace(/x{9,}/, ''));
      assert.equal(lines[0], 'before');
      assert.match(lines.at(-4) ?? '', /\(2 messages could not be logged here: ENOSPC/);
      assert.deepEqual(lines.slice(-3), ['after', 'and on', '']);
      assert.equal(child.exitCode, null);
    } finally {
      child.kill('SIGKILL');
      await log.close();
      await disk.close();
    }
  });
});
