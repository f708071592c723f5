/** Stage 1: checks that this machine can do the run, makes the folders of the method, writes down on what the run ran (method §1). */
import { readInstallation } from '../../configs/load/installation.js';
import { Problem } from '../../configs/problem.js';
import type { SettingsOf } from '../../configs/schema/catalog.js';
import { Environment } from '../../configs/schema/environment.js';
import type { TrainSettings } from '../../configs/schema/train.js';
import { writeJsonAtomically } from '../../ml/files/atomic.js';
import { makePrivate } from '../../ml/files/folders.js';
import { threadsOf } from '../child/child.js';
import type { TaskFunction } from '../task.js';
import { probeLibraries, type Libraries } from './libraries.js';
import { describeMachine, type Machine } from './machine.js';
import { packageVersions, pythonVersions } from './versions.js';

const LEAST_NODE = [20, 9] as const;

export const provision: TaskFunction<SettingsOf<'provision'>> = async (context) => {
  const { root, run, folder, signal } = context;
  const settings = context.settings.environment;
  const threads = threadsOf(settings);
  context.progress({ message: 'loading native libraries' });
  const [machine, libraries, packages, python] = await Promise.all([
    describeMachine(root),
    probeLibraries(settings.device, threads, signal),
    packageVersions(),
    readInstallation().then(({ python: { executable } }) => pythonVersions(executable)),
  ]);
  insist(faultsOf(settings, { node: process.versions.node, machine, libraries }));

  const { gpu, ...described } = machine;
  const environment = Environment.parse({
    version: 1,
    run,
    checkedAt: new Date().toISOString(),
    node: process.versions.node,
    ...described,
    device: { wanted: settings.device, found: libraries.device, gpu },
    threads,
    packages,
    libraries: libraries.versions,
    python,
  } satisfies Environment);
  await makePrivate(root);
  const path = await context.file('runs', folder, 'environment.json');
  await writeJsonAtomically(path, environment);
  const unused = gpu !== null && libraries.device === 'cpu' && settings.device === 'auto';
  return {
    artifacts: [{ name: 'environment', path }],
    summary: {
      device: libraries.device,
      gpu: gpu?.name ?? null,
      processor: described.processor.model,
      cores: described.processor.cores,
      threads,
      freeMemoryGiB: described.memory.free,
      freeDiskGiB: described.disk.free,
      tensorflow: libraries.versions['tensorflow'] ?? null,
    },
    warnings: unused ? [`${gpu.name} is there, and TensorFlow cannot use it: training runs on the CPU (see emo-aen doctor)`] : [],
  };
};

interface Found {
  readonly node: string;
  readonly machine: Machine;
  readonly libraries: Libraries;
}

interface Fault {
  readonly message: string;
  readonly cure: string;
}

/** Everything that keeps this machine from doing a run with these settings, all at once. */
export function faultsOf(settings: TrainSettings['environment'], { node, machine, libraries }: Found): Fault[] {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const loads = libraries.faults.length === 0;
  // A table of what must hold; a fault is a row that does not.
  const rows: readonly (Fault & { readonly holds: boolean })[] = [
    {
      holds: major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]),
      message: `Node is ${node}`,
      cure: `install Node ${LEAST_NODE.join('.')} or later`,
    },
    ...libraries.faults.map((message) => ({ holds: false, message, cure: 'npm run setup; emo-aen doctor says what is missing' })),
    {
      holds: !loads || settings.device !== 'cuda' || libraries.device === 'cuda',
      message: `environment.device is cuda, and TensorFlow finds no CUDA device${machine.gpu === null ? '' : ` (the driver shows ${machine.gpu.name})`}`,
      cure: 'set environment.device: auto to train on the CPU, or run on the machine with the GPU',
    },
    {
      holds: machine.memory.free >= settings.minMemory,
      message: `${machine.memory.free} GiB of memory are free, where environment.minMemory asks for ${settings.minMemory}`,
      cure: 'end other programs, or lower environment.minMemory',
    },
    {
      holds: machine.disk.free >= settings.minDisk,
      message: `${machine.disk.free} GiB of disk are free, where environment.minDisk asks for ${settings.minDisk}`,
      cure: 'make room, or lower environment.minDisk',
    },
  ];
  return rows.filter(({ holds }) => !holds).map(({ message, cure }) => ({ message, cure }));
}

function insist(faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  throw new Problem({
    code: 'ENVIRONMENT',
    message: faults.map(({ message }) => message).join('; '),
    cure: [...new Set(faults.map(({ cure }) => cure))].join('; '),
  });
}
