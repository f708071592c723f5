/** A project's processes as a whole: the embedded server and both workers, brought up and taken down. */
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CLONE } from '../configs/load/installation.js';
import { Problem } from '../configs/problem.js';
import type { Queue } from '../configs/schema/pipeline.js';
import { lockPath, withLock } from '../ml/files/lock.js';
import { makePrivate } from '../ml/files/folders.js';
import { readRecord, takeRecord } from '../ml/files/record.js';
import { isAlive } from './processes/identity.js';
import { endedAtOnce, launch } from './processes/launch.js';
import {
  findRunning,
  isSupervised,
  PROCESS_NAMES,
  Ready,
  readyPath,
  ProcessRecord,
  recordPath,
  type ProcessName,
} from './processes/record.js';
import { takeDown, type Ended } from './processes/take-down.js';
import { projectOf } from './project/project.js';
import { describeWork } from './project/whose.js';
import { serverEnvironment } from './server/program.js';
import { uiPortOf } from './server/program.js';
import { startServer } from './server/start.js';
import { codecEndpoint, startUi, UI_ORIGIN_VARIABLE } from './ui/start.js';
import { insistOnAnswer, ownServer, temporalTarget, usesOwnServer } from './temporal.js';

const WORKERS: readonly Queue[] = ['cpu', 'gpu'];
const READY_LIMIT_MS = 60_000;
const POLL_MS = 50;
/** Longer than another `up` or `down` takes, whatever happens in it. */
const WAIT_S = 180;
/** Together under the 10 s that `down` may take. A worker lets its tasks go on for 2 s and then has them save what they did. */
const WORKER_GRACE_MS = 6_500;
const SERVER_GRACE_MS = 2_500;

export interface Brought {
  readonly address: string;
  readonly namespace: string;
  readonly embedded: boolean;
  readonly uiUrl: string | null;
  /** What a person sets in the UI to read what is sealed; a secret. Null where no UI was asked for. */
  readonly codecEndpoint: string | null;
  /** `started` is false for what was found running. */
  readonly processes: readonly { name: ProcessName; pid: number; started: boolean; log: string | null }[];
}

export interface TakenDown {
  readonly processes: readonly Ended[];
}

/**
 * Starts what is not running of server, cpu worker and gpu worker, and waits until all are ready. Two callers at once do
 * it one after the other, so the second finds what the first started.
 * @throws Problem ENVIRONMENT, CONFLICT (port in use), UNREACHABLE (a server of one's own).
 */
export async function bringUp(root: string, note: (text: string) => void = () => undefined, withUi = false): Promise<Brought> {
  return alone(root, note, async () => {
    // Without its key nothing that is started could read what the others send: said before anything is.
    const project = await projectOf(root);
    const found: Brought['processes'][number][] = [];
    if (withUi) found.push(await bringUpUi(root));
    if (!usesOwnServer()) found.push(await bringUpServer(root));
    const target = usesOwnServer() ? ownServer() : await temporalTarget(root);
    await insistOnAnswer(target);
    const code = await codeDigest();
    const work = describeWork(target, project);
    found.push(...(await Promise.all(WORKERS.map((kind) => bringUpWorker(root, kind, work, code, note)))));
    const { address, namespace, embedded, uiUrl } = target;
    return { address, namespace, embedded, uiUrl, codecEndpoint: await codecEndpoint(root), processes: found };
  });
}

/** Ends the workers, which lets them save their work, then the server; at most 10 s. What does not run is left out. */
export async function bringDown(root: string, note: (text: string) => void = () => undefined): Promise<TakenDown> {
  return alone(root, note, async () => {
    const workers = await Promise.all(WORKERS.map((kind) => takeDown(root, kind, WORKER_GRACE_MS)));
    const ui = await takeDown(root, 'ui', SERVER_GRACE_MS);
    const server = await takeDown(root, 'server', SERVER_GRACE_MS);
    return { processes: [...workers, ui, server].filter((ended) => ended !== null) };
  });
}

/** The processes of this project that run now. */
export async function runningProcesses(root: string): Promise<ProcessRecord[]> {
  const records = await Promise.all(PROCESS_NAMES.map((name) => findRunning(root, name)));
  return records.filter((record) => record !== null);
}

/**
 * Only one process at a time may change which of a project's processes run.
 * @throws Problem CONFLICT where another one does so for three minutes.
 */
export async function alone<Result>(root: string, note: (text: string) => void, body: () => Promise<Result>): Promise<Result> {
  const onWait = (): void => note('another command is starting or ending processes of this project: waiting for it');
  const prepared = async (): Promise<Result> => {
    await makePrivate(root);
    // Here nobody else writes them: a damaged one is set aside.
    for (const name of PROCESS_NAMES) await takeRecord(recordPath(root, name), ProcessRecord, note);
    return body();
  };
  return withLock(lockPath(root, 'processes'), prepared, { onWait, waitSeconds: WAIT_S });
}

/** Starts the server anew where it has no UI: its history is on disk, and workers connect again by themselves. */
async function bringUpUi(root: string): Promise<Brought['processes'][number]> {
  if (usesOwnServer() && (process.env[UI_ORIGIN_VARIABLE] ?? '') === '') {
    const message = 'a server of your own has its own Web UI, which must be named before it may read what is sealed';
    throw new Problem({ code: 'USAGE', message, where: '--ui', cure: `${UI_ORIGIN_VARIABLE}=https://ui.example emo-aen up --ui` });
  }
  const server = usesOwnServer() ? null : await findRunning(root, 'server');
  if (server !== null && uiPortOf(server) === null) await takeDown(root, 'server', SERVER_GRACE_MS);
  return findOr(root, 'ui', process.env, async () => startUi(root, 'the Web UI', await codeDigest()));
}

/** One that was killed a moment ago may still look alive: it is believed once it answers. */
async function bringUpServer(root: string): Promise<Brought['processes'][number]> {
  const running = await findRunning(root, 'server');
  if (running !== null) {
    const answers = await insistOnAnswer(await temporalTarget(root)).then(
      () => true,
      () => false, // whether it still runs is what is asked next
    );
    if (!answers && isAlive(running.process)) {
      const message = `the Temporal server (pid ${running.process.pid}) runs, but does not answer`;
      throw new Problem({
        code: 'UNREACHABLE',
        message,
        where: running.log ?? 'server',
        cure: 'emo-aen down ends it, emo-aen up starts it anew',
      });
    }
  }
  return findOr(root, 'server', serverEnvironment(root, process.env), () => startServer(root));
}

/** What runs, under a new supervisor where the old one is gone; else what is started. */
async function findOr(
  root: string,
  name: ProcessName,
  env: NodeJS.ProcessEnv,
  start: () => Promise<ProcessRecord>,
): Promise<Brought['processes'][number]> {
  const found = await findRunning(root, name);
  if (found !== null && found.log !== null && !isSupervised(found)) await launch({ ...found, root, env }, found);
  const { process, log } = found ?? (await start());
  return { name, pid: process.pid, started: found === null, log };
}

async function bringUpWorker(root: string, kind: Queue, work: string, code: string, note: (text: string) => void) {
  const running = await findRunning(root, kind);
  if (running !== null && (running.target !== work || running.code !== code)) {
    const why = running.code === code ? `works for ${running.target}` : 'runs older code';
    note(`the ${kind} worker (pid ${running.process.pid}) ${why}: starting it anew`);
    await takeDown(root, kind, WORKER_GRACE_MS);
  }
  const worker = await findOr(root, kind, process.env, () => startWorker(root, kind, work, code));
  // Also one that runs: its supervisor may have started it a moment ago.
  await untilReady(root, kind, note);
  return worker;
}

async function startWorker(root: string, kind: Queue, work: string, code: string): Promise<ProcessRecord> {
  await takeDown(root, kind, 0); // a supervisor whose worker has died
  await rm(readyPath(root, kind), { force: true });
  const args = [workerMain(), kind, '--root', root];
  return launch({ root, name: kind, program: process.execPath, args, target: work, code });
}

async function untilReady(root: string, kind: Queue, note: (text: string) => void): Promise<void> {
  const deadline = performance.now() + READY_LIMIT_MS;
  for (;;) {
    const record = await findRunning(root, kind);
    if (record === null) {
      const problem = await endedAtOnce(root, kind);
      await takeDown(root, kind, 0); // its supervisor would start it again
      throw problem;
    }
    const ready = await readReady(root, kind);
    if (ready?.pid === record.process.pid) return ready.notes.forEach(note);
    if (performance.now() > deadline) {
      const message = `the ${kind} worker (pid ${record.process.pid}) was not ready after ${READY_LIMIT_MS / 1000} s`;
      throw new Problem({ code: 'UNREACHABLE', message, where: record.log ?? kind, cure: 'read its log; then emo-aen down and up' });
    }
    await delay(POLL_MS);
  }
}

/** The entry of the worker processes: `main.js cpu|gpu --root DIR`. */
export function workerMain(): string {
  return fileURLToPath(new URL('main.js', import.meta.url));
}

async function readReady(root: string, kind: Queue): Promise<Ready | null> {
  const found = await readRecord(readyPath(root, kind), Ready);
  return found.is === 'sound' ? found.value : null;
}

/** What the compiled code was made from (set-up writes it); where it was compiled by hand, the entry's own bytes stand for it. */
export async function codeDigest(): Promise<string> {
  const stamp = await readFile(join(CLONE, 'dist', '.sources'), 'utf8').catch(() => null);
  return (
    stamp ??
    createHash('sha256')
      .update(await readFile(workerMain()))
      .digest('hex')
  );
}
