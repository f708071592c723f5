/** Processes that wait a while for another task with the same code: starting one and loading its libraries takes a third of a second. */
import { TaskProcess } from './task-process.js';

const WAIT_MS = 10_000;

interface Idle {
  readonly process: TaskProcess;
  readonly timer: NodeJS.Timeout;
}

const waiting = new Map<string, Idle[]>();

/** A process without a task: one that waits under `key`, or a new one. */
export function takeProcess(key: string | null): TaskProcess {
  const idle = key === null ? undefined : waiting.get(key)?.pop();
  if (idle === undefined) return new TaskProcess(forget);
  clearTimeout(idle.timer);
  return idle.process;
}

/** Lets a process that has ended its task wait under `key`, without keeping the worker from its end. */
export function letWait(key: string, process: TaskProcess): void {
  process.listen(null);
  const timer = setTimeout(() => {
    forget(process);
    process.end();
  }, WAIT_MS).unref();
  waiting.set(key, [...(waiting.get(key) ?? []), { process, timer }]);
}

function forget(process: TaskProcess): void {
  for (const [key, idle] of waiting) {
    const left = idle.filter((each) => each.process !== process);
    for (const each of idle) if (each.process === process) clearTimeout(each.timer);
    if (left.length === 0) waiting.delete(key);
    else waiting.set(key, left);
  }
}
