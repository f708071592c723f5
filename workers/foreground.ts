/** One process of a project in this terminal instead of the background. It is recorded, so that `up` finds it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ownerNow } from '#setup/lock.mjs';
import { Problem } from '../configs/problem.js';
import type { Queue } from '../configs/schema/pipeline.js';
import { startPrivately } from '../ml/files/folders.js';
import { takeLock } from '../ml/files/lock.js';
import { processLock } from './processes/holders.js';
import { identify } from './processes/identity.js';
import { findRunning, removeRecord, writeRecord, type ProcessName } from './processes/record.js';
import { takeDown } from './processes/take-down.js';
import { choosePorts } from './server/ports.js';
import { serverArguments, serverEnvironment, temporalProgram } from './server/program.js';
import { projectOf } from './project/project.js';
import { describeWork } from './project/whose.js';
import { describeTarget } from './project/whose.js';
import { embeddedServer, temporalTarget, type TemporalTarget } from './temporal.js';
import { alone, codeDigest, workerMain } from './up.js';

/** How it ended: its exit code, or null where a signal ended it. */
export type Ended = number | null;

/** Runs the embedded server until it is interrupted. `onTarget` is told where it will answer. @throws Problem CONFLICT if it runs already. */
export async function serveInForeground(root: string, onTarget: (target: TemporalTarget) => void): Promise<Ended> {
  const start = async (): Promise<Attached> => {
    const { program } = await temporalProgram();
    const ports = await choosePorts(root, process.env);
    const target = embeddedServer({ ...ports, ui: null });
    onTarget(target);
    const serves = describeTarget(target);
    return attach(root, 'server', program, serverArguments(ports, false), serves, program, serverEnvironment(root, process.env));
  };
  return (await startAlone(root, 'server', start)).ended;
}

/** Runs one worker until it is interrupted. @throws Problem CONFLICT if one of that kind runs here already, UNREACHABLE without a server. */
export async function workInForeground(root: string, kind: Queue): Promise<Ended> {
  const start = async (): Promise<Attached> => {
    const work = describeWork(await temporalTarget(root), await projectOf(root));
    return attach(root, kind, process.execPath, [workerMain(), kind, '--root', root], work, await codeDigest());
  };
  return (await startAlone(root, kind, start)).ended;
}

interface Attached {
  /** Settles when the process has ended. Kept in an object: a bare promise would be awaited with the lock held. */
  readonly ended: Promise<Ended>;
}

function startAlone(root: string, name: ProcessName, start: () => Promise<Attached>): Promise<Attached> {
  return alone(
    root,
    () => undefined,
    async () => {
      const running = await findRunning(root, name);
      if (running === null) {
        await takeDown(root, name, 0); // a supervisor that is about to start one
        return start();
      }
      const message = `the ${name} process of this project runs already (pid ${running.process.pid})`;
      throw new Problem({ code: 'CONFLICT', message, cure: 'emo-aen down ends it' });
    },
  );
}

async function attach(
  root: string,
  name: ProcessName,
  program: string,
  args: readonly string[],
  target: string,
  code: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Attached> {
  const lock = await takeLock(processLock(root, name), { waitSeconds: 0 });
  await lock.say({ ...ownerNow(), command: `${name} in a terminal` });
  // Its words go to stderr: stdout is for the answer. A group of its own, so that a Ctrl-C reaches it once, through us, and a hard end can take its children too.
  const child = startPrivately(() => spawn(program, args, { cwd: root, env, detached: true, stdio: ['ignore', 2, 2, lock.descriptor] }));
  const closed = once(child, 'close');
  await lock.leave(); // from here on the child alone holds it
  const pass = (): void => void child.kill('SIGTERM');
  process.on('SIGINT', pass).on('SIGTERM', pass).on('SIGHUP', pass);
  const identity = child.pid === undefined ? null : identify(child.pid);
  if (identity !== null) {
    const startedAt = new Date().toISOString();
    const started = { name, process: identity, startedAt, target, code, program, args: [...args] };
    await writeRecord(root, { version: 1, ...started, log: null, supervisor: null, deaths: null });
  }
  const ended = closed.then(async ([code]: unknown[]) => {
    process.off('SIGINT', pass).off('SIGTERM', pass).off('SIGHUP', pass);
    await removeRecord(root, name);
    return typeof code === 'number' ? code : null;
  });
  return { ended };
}
