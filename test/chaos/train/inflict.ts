/** Does each kind of harm to a run, and holds the attempt that suffered it to how it must end. */
import assert from 'node:assert/strict';
import { open, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ownerOf } from '#setup/lock.mjs';
import { Problem, type ProblemCode } from '../../../configs/problem.js';
import { TRAINER_LOCK } from '../../../ml/engine/jobs/sole-trainer.js';
import type { SmallDisk } from '../../ml/files/small-disk.js';
import type { Fault, Harm } from './plan.js';
import { SHAPE, type Project } from './project.js';
import { runInWorker } from './run-in-worker.js';
import type { Attempt, End, Run } from './run.js';

/** The moment did not come, or the trainer was quicker: nothing is wrong, and nothing was shown. */
export class Missed extends Error {}

/** What the attempt after a fault must say. */
export interface Expectation {
  /** The checkpoint it continues from; null from the beginning. */
  readonly from: string | null;
  /** One for each of its warnings. */
  readonly warnings: readonly RegExp[];
}

/** What harm is done to. */
export interface Victim {
  readonly run: Run;
  readonly project: Project;
  /** That the run lies on, where it is to become full. */
  readonly disk: SmallDisk | null;
}

type HarmOf<Kind extends Harm['kind']> = Extract<Harm, { kind: Kind }>;
type Ways = { readonly [Kind in Harm['kind']]: (victim: Victim, fault: Fault, harm: HarmOf<Kind>) => Promise<Expectation | null> };

/** Seconds without a sign after which the stall watch ends the trainer: more than it takes to start on a busy machine. */
const STALL_SECONDS = 10;
const PAGE = 4096;

/** @returns what the next attempt must say, null where that is the usual: it continues from the newest checkpoint without a warning */
export async function inflict(victim: Victim, fault: Fault): Promise<Expectation | null> {
  return (WAYS[fault.harm.kind] as (victim: Victim, fault: Fault, harm: Harm) => Promise<Expectation | null>)(victim, fault, fault.harm);
}

const WAYS: Ways = {
  kill: async ({ run }, fault) => {
    await killed(run, fault);
    return null;
  },

  tear: async ({ run }, fault) => {
    await killed(run, fault);
    if ((await run.halfWritten()).length === 0) throw new Missed('no file was half written');
    return null;
  },

  terminate: async ({ run }, fault, { by }) => {
    const controller = new AbortController();
    const reason = new Error('the worker shuts down');
    const strike = (pid: number): boolean => {
      if (by === 'a signal') return signalled(pid, 'SIGTERM');
      controller.abort(reason);
      return true;
    };
    const end = await harmed(run, fault, { strike, signal: controller.signal });
    if (by === 'the worker') assert.equal(end.error, reason, 'it ends for the reason it was told');
    else assert.equal(end.result?.complete, false, `it saves and ends: ${String(end.error)}`);
    const saved = (await run.entries()).at(-1)?.file ?? 'nothing';
    assert.ok(stepOf(saved) >= fault.moment.step, `it saves what it has done before it ends: ${saved} is older than the signal`);
    return null;
  },

  freeze: async ({ run }, fault) => {
    const end = await harmed(run, fault, { strike: (pid) => signalled(pid, 'SIGSTOP'), stallSeconds: STALL_SECONDS });
    insist(end.error, 'STALLED', /no sign of progress/);
    return null;
  },

  orphan: async ({ run }, fault) => {
    const strike = async (pid: number): Promise<boolean> => {
      const trainer = await ownerOf(join(run.job.checkpoints, TRAINER_LOCK));
      assert.ok(trainer !== null, 'the lock says which process trains');
      run.orphans.push(trainer.pid);
      return signalled(pid, 'SIGKILL');
    };
    const end = await harmed(run, fault, { strike, runner: runInWorker });
    assert.match(String(end.error), /ended with SIGKILL/);
    return null;
  },

  rival: async ({ run }, fault, { afterMs }) => {
    let rival: Promise<End> | null = null;
    let said = 0;
    let saidBefore = 0;
    const strike = async (pid: number): Promise<boolean> => {
      // It stands still, so that it is neither gone nor done, however long the other one takes to begin.
      signalled(pid, 'SIGSTOP');
      await new Promise<void>((started) => {
        rival = run.attempt({ started, progress: () => said++ });
      });
      await pause(afterMs); // the fault's own delay: what is looked for is that nothing happens
      saidBefore = said;
      return signalled(pid, 'SIGKILL');
    };
    const first = await run.attempt({ ...fault, strike });
    const from = (await run.entries()).at(-1)?.file ?? null;
    const second = await (rival as Promise<End> | null);
    if (second === null || first.result !== null) throw new Missed('the first attempt was at its end');
    insist(first.error, 'CHILD_DIED', /SIGKILL/);
    assert.equal(saidBefore, 0, 'the second attempt waits for the first to be gone');
    assert.ok(second.result?.complete, `the second attempt takes over: ${String(second.error)}`);
    return { from, warnings: [] };
  },

  damage: async ({ run }, fault, { what, how, place }) => {
    await killed(run, fault);
    const entries = await run.entries();
    const newest = entries.at(-1);
    if (newest === undefined) throw new Missed('no checkpoint was there to be damaged');
    const hurt = what === 'newest' ? newest.file : what === 'best' ? (newest.best ?? newest.file) : 'index.json';
    await spoil(join(run.job.checkpoints, hurt), how, place);
    if (what === 'index') return { from: null, warnings: [/index\.json.*cannot be read.*set aside/, /begins anew/] };
    const from = entries.findLast(({ file, best }) => file !== hurt && best !== hurt)?.file ?? null;
    const setAside = new RegExp(`${hurt.replaceAll('.', '\\.')} .*set aside`);
    return { from, warnings: from === null ? [setAside, /begins anew/] : [setAside] };
  },

  fill: async ({ run, disk }, fault, { room, place }) => {
    if (disk === null) throw new Error('a run on no disk of its own');
    const before = await run.entries();
    const strike = async (pid: number): Promise<boolean> => {
      // It stands still meanwhile, so that the room left is the room that was drawn.
      signalled(pid, 'SIGSTOP');
      await disk.fill(await ROOMS[room](run, place));
      return signalled(pid, 'SIGCONT');
    };
    const end = await harmed(run, fault, { strike });
    const told = insist(end.error, 'DISK_FULL', /the disk is full/);
    assert.ok(told.where?.startsWith(run.folder), `it says where: ${told.where}`);
    assert.match(told.cure ?? '', /free some disk space/);
    await insistNothingIsLost(run, before.length);
    const named = await run.entries();
    // The workflow tries again while the disk is still full.
    await disk.fill(0);
    insist((await run.attempt(fault)).error, 'DISK_FULL', /the disk is full/);
    assert.deepEqual(await run.entries(), named, 'an attempt on a full disk leaves the checkpoints as they were');
    await insistNothingIsLost(run, named.length);
    disk.empty();
    return null;
  },

  'cut cache': async ({ run, project }, fault, { during, place }) => {
    const whole = (await stat(project.cache)).size;
    const cut = (): Promise<void> => truncate(project.cache, Math.floor(place * whole));
    try {
      let end: End;
      if (during === 'training') {
        end = await harmed(run, fault, { strike: () => cut().then(() => true) });
      } else {
        await killed(run, fault);
        await cut();
        end = await run.attempt();
      }
      const told = insist(end.error, 'ARTIFACT_ALTERED', /photo cache/);
      assert.match(told.cure ?? '', /preprocess/);
      assert.equal(told.retryable, false, 'a person is asked, since another attempt finds the same');
    } finally {
      await project.preprocess();
    }
    return null;
  },
};

/** The attempt that the fault befell. @throws Missed where it came to its end, or to another one, before that */
async function harmed(run: Run, fault: Fault, how: Attempt): Promise<End> {
  const { moment, everyMinutes } = fault;
  const end = await run.attempt({ moment, everyMinutes, ...how });
  if (end.result?.complete === true) throw new Missed('training came to its end first');
  if (end.struck) return end;
  const early = end.error instanceof Error ? end.error : new Error(`it ended: ${JSON.stringify(end.result)}`);
  if (early instanceof Problem && early.code === 'STALLED') throw new Missed('the machine is so slow that the stall watch came first');
  throw early;
}

async function killed(run: Run, fault: Fault): Promise<void> {
  const end = await harmed(run, fault, { strike: (pid) => signalled(pid, 'SIGKILL') });
  insist(end.error, 'CHILD_DIED', /SIGKILL/);
}

function signalled(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/** Optimiser steps of the whole run that a checkpoint holds, by its name. */
function stepOf(checkpoint: string): number {
  const [, epoch, step] = /^epoch-(\d+)-step-(\d+)/.exec(checkpoint) ?? [];
  return (Number(epoch) - 1) * SHAPE.steps + Number(step);
}

function insist(error: unknown, code: ProblemCode, message: RegExp): Problem {
  assert.ok(error instanceof Problem, `it ends with a Problem, not with ${error instanceof Error ? error.stack : String(error)}`);
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
  return error;
}

async function insistNothingIsLost(run: Run, least: number): Promise<void> {
  assert.deepEqual(await run.altered(), [], 'every checkpoint that the index names is what it was');
  assert.deepEqual(await run.halfWritten(), [], 'who fails to write cleans up');
  assert.ok((await run.entries()).length >= Math.min(least, 1), 'checkpoints are still there');
}

/** Bytes that are left on a disk that is filled. */
const ROOMS: { readonly [Room in HarmOf<'fill'>['room']]: (run: Run, place: number) => Promise<number> } = {
  none: () => Promise.resolve(0),
  'part of a checkpoint': async (run, place) => place * (await checkpointPages(run)),
  'a checkpoint': checkpointPages,
};

async function checkpointPages(run: Run): Promise<number> {
  const newest = (await run.entries()).at(-1);
  if (newest === undefined) throw new Missed('no checkpoint to measure');
  return Math.ceil((await stat(join(run.job.checkpoints, newest.file))).size / PAGE) * PAGE;
}

async function spoil(path: string, how: HarmOf<'damage'>['how'], place: number): Promise<void> {
  const { size } = await stat(path);
  const at = Math.floor(place * size);
  if (how === 'emptied') return truncate(path, 0);
  if (how === 'cut short') return truncate(path, at);
  const file = await open(path, 'r+');
  try {
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, at);
    byte[0] = (byte[0] ?? 0) ^ (1 << (at % 8));
    await file.write(byte, 0, 1, at);
  } finally {
    await file.close();
  }
}
