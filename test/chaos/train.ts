/**
 * `npm run test:chaos -- train`: the real trainer under kills, damaged files, a full disk and a stopped process. Whatever
 * happens on the way, the run must end with the bytes of one that nobody disturbed.
 */
import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointName } from '../../ml/engine/checkpoint-files.js';
import { smallDisk, type SmallDisk } from '../ml/files/small-disk.js';
import { Tally, type Report } from './report.js';
import { inflict, Missed, type Expectation } from './train/inflict.js';
import { drawPlan, FAULT_NAMES, sooner, type Fault, type Ordeal } from './train/plan.js';
import { makeProject, SHAPE, type Project } from './train/project.js';
import { Run, type Outcome } from './train/run.js';

/** Tries to catch a moment. */
const TRIES = 4;
/** Room for the checkpoints that are kept, the one that is written, and the results. */
const DISK_BYTES = 192 << 20;

export interface TrainChaos {
  readonly seed: number;
  /** Absolute; emptied of each run that was as it must be. */
  readonly scratch: string;
  readonly note: (text: string) => void;
  /** In place of the whole plan, for a quick look. */
  readonly plan?: readonly Ordeal[];
}

export async function trainChaos({ seed, scratch, note, plan = drawPlan(seed, SHAPE) }: TrainChaos): Promise<Report> {
  const project = await makeProject(join(scratch, 'project'));
  const undisturbed = await newRun(project, join(scratch, 'undisturbed'));
  const reference = await undisturbed.outcome(await undisturbed.finish());
  note(`undisturbed: best ${reference.best.slice(0, 12)}, last ${reference.last.slice(0, 12)}`);
  const tally = new Tally(FAULT_NAMES.filter((name) => plan.flat().some((fault) => fault.name === name)));
  const trial: Trial = { project, reference, scratch, note, tally, runs: 0 };
  const missed: Fault[] = [];
  for (const ordeal of plan) missed.push(...(await suffer(trial, ordeal)));
  for (const fault of missed) await insistOn(trial, fault);
  return { faults: tally.rows(), sha256: { best: reference.best, last: reference.last } };
}

interface Trial {
  readonly project: Project;
  readonly reference: Outcome;
  readonly scratch: string;
  readonly note: (text: string) => void;
  readonly tally: Tally;
  runs: number;
}

async function newRun(project: Project, folder: string): Promise<Run> {
  return new Run(folder, await project.job(folder));
}

/** One run and its faults. @returns those whose moment did not come or came too late */
async function suffer(trial: Trial, ordeal: Ordeal): Promise<Fault[]> {
  const needsDisk = ordeal.some(({ harm }) => harm.kind === 'fill');
  const disk = needsDisk ? await smallDisk(DISK_BYTES) : null;
  if (typeof disk === 'string') {
    for (const fault of ordeal) skip(trial, fault, disk);
    return [];
  }
  try {
    return await sufferOn(trial, ordeal, disk);
  } finally {
    await disk?.close();
  }
}

async function sufferOn(trial: Trial, ordeal: Ordeal, disk: SmallDisk | null): Promise<Fault[]> {
  const { project, tally, note } = trial;
  const folder = join(disk?.path ?? trial.scratch, `run-${++trial.runs}`);
  const run = await newRun(project, folder);
  const missed: Fault[] = [];
  const suffered: Fault[] = [];
  let expected: Expectation | null = null;
  let at: Fault | undefined;
  try {
    for (at of ordeal) {
      if (run.completed !== null) {
        missed.push(at);
        continue;
      }
      try {
        expected = await inflict({ run, project, disk }, at);
        suffered.push(at);
        note(`run ${trial.runs}: ${inWords(at)}`);
      } catch (error) {
        if (!(error instanceof Missed)) throw error;
        missed.push(at);
        note(`run ${trial.runs}: ${inWords(at)}: missed, ${error.message}`);
      }
    }
    at = undefined;
    await insistOnTheSame(trial, run, expected);
    for (const { name } of suffered) tally.done(name);
    note(`run ${trial.runs}: the same bytes after ${suffered.length} fault(s)`);
    await rm(folder, { recursive: true });
  } catch (error) {
    const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    note(`run ${trial.runs}: WRONG: ${problem}`);
    for (const fault of at === undefined ? suffered : [...suffered, at]) tally.wrong(fault.name, `${JSON.stringify(fault)}: ${problem}`);
  }
  return missed;
}

/** Lets the run come to its end and compares what it leaves with what the undisturbed run left. */
async function insistOnTheSame({ reference }: Trial, run: Run, expected: Expectation | null): Promise<void> {
  // A missed fault leaves a run that came to its end: there is no next attempt to expect anything of.
  const usual = async (): Promise<Expectation> => ({ from: (await run.entries()).at(-1)?.file ?? null, warnings: [] });
  const next = expected ?? (run.completed === null ? await usual() : null);
  const result = await run.finish();
  assert.deepEqual(await run.outcome(result), reference, 'the results and the metrics are those of the undisturbed run');
  if (next !== null) {
    assert.equal(nameOf(result.training.resumedFrom), next.from, 'it continues from the newest checkpoint that is whole');
    assert.equal(result.warnings.length, next.warnings.length, `warnings: ${result.warnings.join('; ')}`);
    for (const [at, warning] of next.warnings.entries()) assert.match(result.warnings[at] ?? '', warning);
  }
  assert.deepEqual(await run.altered(), [], 'every checkpoint that the index names is what it says');
  assert.deepEqual(await run.halfWritten(), [], 'what the kills left half written is gone');
  for (const pid of run.orphans) assert.ok(!(await isTrainer(pid)), `trainer ${pid} outlived the process above it`);
}

function nameOf(resumedFrom: string | null): string | null {
  if (resumedFrom === null) return null;
  const [, epoch, step] = /^epoch (\d+), step (\d+)$/.exec(resumedFrom) ?? [];
  return checkpointName(Number(epoch), Number(step));
}

async function isTrainer(pid: number): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command.includes('jobs/main.js');
}

/** A fault that was missed, until it is not: each time in a run of its own and a little sooner. */
async function insistOn(trial: Trial, fault: Fault): Promise<void> {
  let again: Fault = fault;
  for (let tries = 1; tries < TRIES; tries++) {
    const [missed] = await suffer(trial, [again]);
    if (missed === undefined) return;
    again = sooner(missed);
  }
  trial.tally.wrong(fault.name, `${JSON.stringify(fault)}: its moment was missed ${TRIES} times`);
}

function skip({ tally, note }: Trial, { name }: Fault, why: string): void {
  tally.skip(name, why);
  note(`SKIPPED: ${name}: ${why}`);
}

function inWords({ name, moment: { sign, step, delayMs }, harm }: Fault): string {
  const { kind: _, ...details } = harm;
  const drawn = Object.entries(details).map(([key, value]) => `${key} ${typeof value === 'number' ? value.toFixed(3) : value}`);
  return [name, `${sign} after step ${step} + ${delayMs} ms`, ...drawn].join(', ');
}
