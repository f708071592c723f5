/** The files of a task: where it finds what it reads, and the record of what it wrote. */
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { Problem } from '../configs/problem.js';
import type { Artifact, TaskInput, TaskOutput } from '../configs/schema/payload.js';
import type { Digests } from '../ml/files/digests.js';
import { makeFolder } from '../ml/files/folders.js';
import type { TaskContext, TaskResult } from './task.js';

/** A file that a task reads: its name as an artifact, where it is (absolute), its sha256. */
export interface ReadFile {
  readonly name: string;
  readonly path: string;
  readonly digest: string;
}

export function readFiles(root: string, artifacts: readonly Artifact[]): ReadFile[] {
  return artifacts.map(({ name, path, sha256 }) => ({ name, path: join(root, path), digest: sha256 }));
}

/** Where tasks keep their files. Directly in a run's folder lie only its ledger and its events. */
const KEEPS = ['runs', 'logs', 'checkpoints'];

/** A task's own folder below `runs/`, `logs/` and `checkpoints/`: no task ever writes over what another one made. */
export function folderOf({ run, task }: Pick<TaskInput, 'run' | 'task'>): string {
  return `${run}/${task}`;
}

/** The members of a task's context that are about files. */
export function locate(
  root: string,
  { task, folder }: Pick<TaskContext<unknown>, 'task' | 'folder'>,
  files: readonly ReadFile[],
): Pick<TaskContext<unknown>, 'artifact' | 'digest' | 'has' | 'file'> {
  const named = (name: string): ReadFile => {
    const file = files.find((candidate) => candidate.name === name);
    if (file !== undefined) return file;
    const cure = `let ${task} need a task that provides ${name}`;
    throw new Problem({ code: 'ARTIFACT_MISSING', message: `no task before ${task} made ${name}`, where: task, cure });
  };
  return {
    artifact: (name) => named(name).path,
    digest: (name) => named(name).digest,
    has: (name) => files.some((candidate) => candidate.name === name),
    file: async (...segments) => {
      const path = join(root, ...segments);
      insistOnOwn(task, folder, relativePath(root, path));
      await makeFolder(dirname(path));
      return path;
    },
  };
}

/** @throws Problem CONFIGURATION for a file among those of other tasks; elsewhere below the root (`models/`, `docs/`) a task may publish. */
function insistOnOwn(task: string, folder: string, path: string): void {
  const [top = ''] = path.split('/');
  if (!KEEPS.includes(top) || path.startsWith(`${top}/${folder}/`)) return;
  const message = `${task} asks to write ${path}, which is outside its own folder ${top}/${folder}`;
  throw new Problem({ code: 'CONFIGURATION', message, where: task, cure: `in its code: file('${top}', folder, NAME)` });
}

/**
 * The digest of every file of a result. One that was there before and is surely unchanged is not read again.
 * @throws Error (a defect of the task) when a file of an artifact is not there or lies outside the root.
 */
export async function recordOutput(root: string, result: TaskResult, digests: Digests): Promise<TaskOutput> {
  const artifacts: Artifact[] = [];
  for (const file of result.artifacts) {
    const target = file.target ?? file.path;
    relativePath(root, target);
    artifacts.push({ name: file.name, path: relativePath(root, file.path), ...(await digests.of(target)) });
  }
  await digests.save();
  return { artifacts, summary: result.summary, warnings: [...(result.warnings ?? [])] };
}

function relativePath(root: string, path: string): string {
  const found = relative(root, path);
  if (found === '' || found === '..' || found.startsWith(`..${sep}`) || isAbsolute(found))
    throw new Error(`${path} is not a file below the project root`);
  return found.split(sep).join('/');
}
