/** A task's context without Temporal, for tests of one task. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TaskContext } from '../../activities/task.js';

interface Given<Settings> {
  readonly root: string;
  readonly run?: string;
  readonly task: string;
  /** The run's if nothing is said. */
  readonly folder?: string;
  readonly settings: Settings;
  /** Absolute paths by artifact name. */
  readonly artifacts?: Readonly<Record<string, string>>;
  readonly progress?: TaskContext<Settings>['progress'];
  readonly signal?: AbortSignal;
  /** Values by the variable's name. */
  readonly secrets?: Readonly<Record<string, string>>;
}

export function taskContext<Settings>(given: Given<Settings>): TaskContext<Settings> {
  const { root, run = 'test', task, settings, artifacts = {}, progress = () => undefined, signal = new AbortController().signal } = given;
  const artifact = (name: string): string => {
    const path = artifacts[name];
    if (path === undefined) throw new Error(`the test gave no artifact ${name}`);
    return path;
  };
  return {
    root,
    run,
    task,
    folder: given.folder ?? run,
    attempt: 1,
    settings,
    artifact,
    has: (name) => name in artifacts,
    secret: (name) => {
      const value = given.secrets?.[name];
      if (value !== undefined) return value;
      throw new Error(`the test gave no ${name}`);
    },
    digest: (name) =>
      createHash('sha256')
        .update(readFileSync(artifact(name)))
        .digest('hex'),
    file: async (...segments) => {
      const path = join(root, ...segments);
      await mkdir(dirname(path), { recursive: true });
      return path;
    },
    progress,
    signal,
  };
}
