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
    await Promise.race([before(context), aborted(context.signal)]);
    const artifacts = [];
    for (const name of provides) {
      const path = await context.file('runs', context.folder, `${name}.json`);
      await writeFileAtomically(path, JSON.stringify({ made: name, by: context.task, settings: context.settings }));
      artifacts.push({ name, path });
    }
    return { artifacts, summary: {} };
  };
  return define({ settings: Any, provides }, () => Promise.resolve(task));
}

/** Rejects when the signal does: a task that a test forgot must not keep its worker. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
}

/** A gate that a test opens. */
export function gate(): { open: () => void; opened: Promise<void> } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}
