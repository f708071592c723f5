/** Made-up tasks for the whole-run tests. */
import { z } from 'zod';
import { define, type TaskDefinition } from '../../activities/definition.js';
import { writeFileAtomically } from '../../ml/files/atomic.js';
import type { TaskContext, TaskFunction } from '../../activities/task.js';

const Any = z.record(z.string(), z.unknown());
type Settings = z.infer<typeof Any>;

/** A task that writes one file per name in `provides`, with the settings and what it read in it. */
export function writing(
  provides: readonly string[],
  before: (context: TaskContext<Settings>) => void | Promise<void> = () => undefined,
): TaskDefinition {
  const task: TaskFunction<Settings> = async (context) => {
    await before(context);
    const artifacts = [];
    for (const name of provides) {
      const path = await context.file('runs', context.run, `${name}.json`);
      await writeFileAtomically(path, JSON.stringify({ made: name, by: context.task, settings: context.settings }));
      artifacts.push({ name, path });
    }
    return { artifacts, summary: {} };
  };
  return define({ settings: Any, provides }, () => Promise.resolve(task));
}

/** A gate that a test opens. */
export function gate(): { open: () => void; opened: Promise<void> } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}
