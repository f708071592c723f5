import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const MODULE = new URL('../../setup/foreground.mjs', import.meta.url).href;
const INNER =
  "for (const s of ['SIGTERM', 'SIGHUP']) process.on(s, () => { console.log('got ' + s); process.exit(7) }); setInterval(() => {}, 1000); console.log('ready')";
const OUTER = `
  import { runInForeground } from '${MODULE}';
  process.exitCode = await runInForeground(process.execPath, ['-e', ${JSON.stringify(INNER)}], '/');
`;

describe('a program that npm start runs', () => {
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) {
    it(`gets ${signal}, and its exit code is handed on`, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', OUTER], { stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
      while (!said.includes('ready')) await once(child.stdout, 'data');
      child.kill(signal);
      const [code] = await once(child, 'close');
      assert.equal(code, 7);
      assert.ok(said.includes(`got ${signal}`));
    });
  }
});
