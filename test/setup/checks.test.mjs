import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atLeast, checkNode, checkPlatform, findCompiler, findPython, parseVersion, tensorflowVariant } from '../../setup/checks.mjs';

describe('versions', () => {
  it('are compared number by number, not as text', () => {
    assert.deepEqual(parseVersion('v20.10.0'), [20, 10, 0]);
    assert.deepEqual(parseVersion('Python 3.13'), [3, 13, 0]);
    assert.equal(parseVersion('unknown'), null);
    assert.ok(atLeast([20, 10, 0], [20, 9]));
    assert.ok(atLeast([3, 10, 0], [3, 10]));
    assert.ok(!atLeast([3, 9, 18], [3, 10]));
    assert.ok(atLeast([22, 0, 0], [20, 10]));
  });
});

describe('the checks before anything is installed', () => {
  /** @type {string} */
  let folder;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'emo-aen-checks-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** @param {string} name @param {string} script */
  function program(name, script) {
    // In one go: libuv 1.46 (Node 20.10) may still be closing a file when a promise of it has settled, and Linux runs no open file.
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }

  it('refuse an old Node with one message and its cure', () => {
    checkNode('v20.10.0');
    assert.throws(() => checkNode('v20.9.0'), { message: 'Node v20.9.0 is too old', cure: /install Node 20\.10 or later/ });
  });

  it('refuse other platforms, and Linux without glibc', () => {
    checkPlatform('linux', 'x64', true);
    assert.throws(() => checkPlatform('darwin', 'arm64', true), /^SetupFailure: darwin on arm64 is not supported/);
    assert.throws(() => checkPlatform('linux', 'x64', false), /Linux without glibc is not supported/);
  });

  it('name every Python that will not do, and why', () => {
    program('python3', `echo '{"version":"3.9.2","executable":"/usr/bin/python3.9","venv":true}'`);
    program('python3.12', `echo '{"version":"3.12.1","executable":"/usr/bin/python3.12","venv":false}'`);
    program('python3.11', 'echo "not installed" >&2; exit 127');
    assert.throws(() => findPython({ PATH: folder }), {
      message: 'Python 3.10 or later with venv is needed: python3 is 3.9.2; python3.12 3.12.1 lacks the modules venv and ensurepip',
      cure: /apt-get install python3 python3-venv/,
    });
  });

  it('take the first Python that will do', () => {
    program('python3', `echo '{"version":"3.9.2","executable":"/usr/bin/python3.9","venv":true}'`);
    program('python3.12', `echo '{"version":"3.12.1","executable":"/usr/bin/python3.12","venv":true}'`);
    assert.equal(findPython({ PATH: folder }).executable, '/usr/bin/python3.12');
  });

  it('say so where there is no compiler at all', () => {
    assert.throws(() => findCompiler({ PATH: folder }), { message: /a C\+\+ compiler is needed/, cure: /apt-get install g\+\+/ });
    program('clang++', '');
    assert.equal(findCompiler({ PATH: folder }), join(folder, 'clang++'));
  });

  it('take the CUDA build only where the NVIDIA driver answers, or where it is asked for', () => {
    assert.equal(tensorflowVariant({ PATH: folder }), 'cpu');
    program('nvidia-smi', 'exit 9');
    assert.equal(tensorflowVariant({ PATH: folder }), 'cpu');
    program('nvidia-smi', 'echo "GPU 0"');
    assert.equal(tensorflowVariant({ PATH: folder }), 'cuda');
    assert.equal(tensorflowVariant({ PATH: folder, EMO_AEN_TENSORFLOW: 'cpu' }), 'cpu');
    assert.throws(() => tensorflowVariant({ PATH: folder, EMO_AEN_TENSORFLOW: 'gpu' }), /EMO_AEN_TENSORFLOW is "gpu"/);
  });
});
