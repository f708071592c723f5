/** Threads that wait a while for another task with the same code: starting one and loading its libraries takes a tenth of a second. */
import { Worker } from 'node:worker_threads';

const ENTRY = new URL('main.js', import.meta.url);
const WAIT_MS = 10_000;

interface Idle {
  readonly thread: Worker;
  /** No longer waits. */
  wake(): void;
}

const waiting = new Map<string, Idle[]>();

/** A thread without a task: one that waits under `key`, or a new one. */
export function takeThread(key: string | null): Worker {
  const idle = key === null ? undefined : waiting.get(key)?.pop();
  if (idle === undefined) return new Worker(ENTRY);
  idle.wake();
  return idle.thread;
}

/** Lets a thread that has ended its task wait under `key`, without keeping the process from its end. */
export function letWait(key: string, thread: Worker): void {
  const leave = (): void => {
    idle.wake();
    waiting.set(key, waiting.get(key)?.filter((other) => other !== idle) ?? []);
  };
  const fail = (error: unknown): void => void process.stderr.write(`a thread failed after its task had ended: ${String(error)}\n`);
  const timer = setTimeout(() => {
    leave();
    void thread.terminate();
  }, WAIT_MS).unref();
  const idle: Idle = {
    thread,
    wake: () => {
      clearTimeout(timer);
      thread.off('exit', leave).off('error', fail).ref();
    },
  };
  thread.on('exit', leave).on('error', fail).unref();
  waiting.set(key, [...(waiting.get(key) ?? []), idle]);
}
