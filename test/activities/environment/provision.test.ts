import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { probeLibraries, type Libraries } from '../../../activities/environment/libraries.js';
import type { Machine } from '../../../activities/environment/machine.js';
import { faultsOf, provision } from '../../../activities/environment/provision.js';
import { packageVersions, pythonVersions } from '../../../activities/environment/versions.js';
import type { TaskContext } from '../../../activities/task.js';
import { Problem } from '../../../configs/problem.js';
import type { SettingsOf } from '../../../configs/schema/catalog.js';
import { Environment } from '../../../configs/schema/environment.js';

const SETTINGS = { device: 'auto', threads: null, engine: 'graph', minMemory: 4, minDisk: 2 } as const;
const MACHINE: Machine = {
  system: { platform: 'linux', release: '6', architecture: 'x64' },
  processor: { model: 'a processor', cores: 2 },
  memory: { total: 16, free: 8 },
  disk: { free: 20 },
  gpu: null,
};
const LIBRARIES: Libraries = { versions: { tensorflow: '2.21.0' }, device: 'cpu', faults: [] };
const FOUND = { node: '20.20.2', machine: MACHINE, libraries: LIBRARIES };

describe('faults of a machine', () => {
  it('are none where everything is there', () => assert.deepEqual(faultsOf(SETTINGS, FOUND), []));

  it('are told all at once, each with its cure', () => {
    const machine = { ...MACHINE, memory: { total: 4, free: 3.1 }, disk: { free: 0.2 } };
    const faults = faultsOf({ ...SETTINGS, device: 'cuda' }, { ...FOUND, node: '20.8.0', machine });
    assert.deepEqual(
      faults.map(({ message }) => message),
      [
        'Node is 20.8.0',
        'environment.device is cuda, and TensorFlow finds no CUDA device',
        '3.1 GiB of memory are free, where environment.minMemory asks for 4',
        '0.2 GiB of disk are free, where environment.minDisk asks for 2',
      ],
    );
    assert.ok(faults.every(({ cure }) => cure !== ''));
  });

  it('include a demanded GPU only where there is none', () => {
    const cuda = { ...SETTINGS, device: 'cuda' } as const;
    assert.deepEqual(faultsOf(cuda, { ...FOUND, libraries: { ...LIBRARIES, device: 'cuda' } }), []);
    assert.equal(faultsOf(SETTINGS, FOUND).length, 0);
  });
});

describe('native libraries', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'emo-aen-probe-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const { signal } = new AbortController();

  it('that end their process are named, and this process lives', async () => {
    const probe = join(folder, 'probe.mjs');
    await writeFile(probe, `if (process.argv[2] === 'sharp') process.kill(process.pid, 'SIGSEGV'); console.log('{"versions":{"a":"1"}}');`);
    const { faults, versions } = await probeLibraries('cpu', 1, signal, probe);
    assert.deepEqual(faults, ['sharp does not load: it was ended by SIGSEGV']);
    assert.deepEqual(versions, { a: '1' });
  });

  it('that throw are named with their own words', async () => {
    const probe = join(folder, 'probe.mjs');
    await writeFile(probe, `throw new Error('libtensorflow_cc.so.2: cannot open shared object file')`);
    const { faults } = await probeLibraries('cpu', 1, signal, probe);
    assert.equal(faults[0], 'tensorflow does not load: Error: libtensorflow_cc.so.2: cannot open shared object file');
  });
});

describe('versions', () => {
  it('name every npm package that is not installed', async () => {
    const clone = await mkdtemp(join(tmpdir(), 'emo-aen-clone-'));
    try {
      await writeFile(
        join(clone, 'package.json'),
        JSON.stringify({ name: 'emo-aen', version: '1.2.3', dependencies: { here: '1', gone: '2' } }),
      );
      await mkdir(join(clone, 'node_modules', 'here'), { recursive: true });
      await writeFile(join(clone, 'node_modules', 'here', 'package.json'), JSON.stringify({ name: 'here', version: '1.0.7' }));
      await assert.rejects(packageVersions(clone), (error) => error instanceof Problem && /not installed: gone$/.test(error.message));
    } finally {
      await rm(clone, { recursive: true });
    }
  });

  it('say so where there is no Python', async () => {
    await assert.rejects(pythonVersions('/nowhere/python'), (error) => error instanceof Problem && error.code === 'ENVIRONMENT');
  });
});

describe('the task provision', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'emo-aen-provision-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  const context = (environment: Partial<SettingsOf<'provision'>['environment']>): TaskContext<SettingsOf<'provision'>> => ({
    root,
    run: 'first',
    task: 'provision',
    folder: 'first',
    attempt: 1,
    settings: { environment: { ...SETTINGS, minMemory: 0, minDisk: 0, ...environment } },
    artifact: () => assert.fail('it reads nothing'),
    digest: () => assert.fail('it reads nothing'),
    has: () => false,
    secret: () => assert.fail('it declares none'),
    file: async (...segments) => {
      const path = join(root, ...segments);
      await mkdir(dirname(path), { recursive: true });
      return path;
    },
    progress: () => undefined,
    signal: new AbortController().signal,
  });

  it('makes the folders of the method and writes every version, without a path or a secret', async () => {
    process.env['WANDB_API_KEY'] = 'not-to-be-seen';
    try {
      const { artifacts, summary } = await provision(context({}));
      for (const folder of ['logs', 'checkpoints']) assert.ok((await stat(join(root, folder))).isDirectory());
      const text = await readFile(String(artifacts[0]?.path), 'utf8');
      const environment = Environment.parse(JSON.parse(text));
      assert.match(String(environment.libraries['tensorflow']), /^2\./);
      assert.match(String(environment.python['wandb']), /^0\./);
      assert.match(String(environment.packages['@temporalio/worker']), /^1\./);
      assert.equal(summary['device'], environment.device.found);
      for (const secret of ['not-to-be-seen', root, homedir(), process.cwd()]) assert.ok(!text.includes(secret), secret);
    } finally {
      delete process.env['WANDB_API_KEY'];
    }
  });

  it('refuses a machine with less memory than asked for, and writes nothing', async () => {
    await assert.rejects(provision(context({ minMemory: 1e6 })), (error) => {
      assert.ok(error instanceof Problem && error.code === 'ENVIRONMENT' && !error.retryable);
      return /minMemory asks for 1000000/.test(error.message);
    });
    await assert.rejects(stat(join(root, 'runs', 'first', 'environment.json')));
  });
});
