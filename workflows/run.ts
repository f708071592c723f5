/**
 * A run while it is open: the ledger, what is running, and what a person's messages do to it.
 *
 * How it behaves where the design leaves it open:
 * - Pause starts nothing new; what is running runs on to its end.
 * - A skipped task is settled but does not serve, unless it is declared optional: its dependants stay waiting. A run whose remaining
 *   tasks can never start for that reason is `blocked`, until a retry of the skipped task or a cancel. A run whose skipped tasks have no
 *   dependants completes.
 * - A task with an approval waits for it only where it would run: what is reused was approved when it was made. The approval is for
 *   the task's fingerprint; with other settings or inputs a person is asked again.
 * - A task that is declared fail-fast and fails ends the run as failed: what runs is cancelled, nothing new starts.
 * - With `until`, the run is completed when that task and all before it are; the rest stays `waiting`.
 */
import { CancellationScope, condition, isCancellation, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { LedgerActivities } from '../activities/ledger.js';
import type { Ledger, LedgerEvent, LedgerTask } from '../configs/schema/ledger.js';
import type { TaskOutput } from '../configs/schema/payload.js';
import { Attributes } from './attributes.js';
import { decide, type ReuseCandidate } from './decide.js';
import { markdownOf } from './details.js';
import { execute } from './execute.js';
import { readFailure, wroteOver } from './failure.js';
import { fingerprint, type InputDigest } from './fingerprint.js';
import { inputsIn, wantedTasks, type Inputs } from './graph.js';
import { DRAIN_MS, History } from './history.js';
import type { PipelineInput } from './input.js';
import {
  brokenOff,
  isComplete,
  openLedger,
  openState,
  overwritten,
  startable,
  taskOf,
  withEvent,
  withPause,
  withTask,
  withUntil,
} from './ledger.js';
import { Memory, type Remembered } from './memory.js';
import type { ApproveAnswer, ApproveRequest, PersonRequest, RetryRequest, SkipRequest, TasksAnswer, UntilRequest } from './messages.js';
import { LedgerRecord } from './record.js';
import { resolveReferences } from './references.js';
import { firstThatVerifies, reasonsToRun, UNCHANGED, type Verify } from './reuse.js';
import { skippedTasks } from './refusals.js';
import { applyRetry } from './retry.js';
import { untilSealed } from './seal.js';

const { verifyArtifacts } = proxyActivities<LedgerActivities>({
  startToCloseTimeout: '12h',
  heartbeatTimeout: '20s',
  retry: { initialInterval: '1s', maximumAttempts: 5 },
  summary: 'are the files still what they were',
});

/** Activities that read the run's ledger from disk: it must say then what the workflow knows. */
const LEDGER_READERS: ReadonlySet<string> = new Set(['publish', 'changelog', 'checklist']);

/** Why a run ends though not all is done. */
interface Ending {
  readonly state: 'cancelled' | 'failed';
  readonly reason: string;
}

export class Run {
  ledger: Ledger;
  private wanted: ReadonlySet<string>;
  private inputs: Inputs;
  private readonly memory: Memory;
  private readonly record = new LedgerRecord(
    () => this.ledger,
    () => this.running.size === 0 && this.startable().length === 0,
  );
  private readonly history = new History();
  private readonly attributes: Attributes;
  private readonly running = new Map<string, CancellationScope>();
  /** Why running tasks are stopped that a person skipped: such a task is skipped once its attempt has ended without success. */
  private readonly skipping = new Map<string, string>();
  private paused: boolean;
  private ending: Ending | null = null;

  constructor(private readonly input: PipelineInput) {
    const { carried, candidates } = input;
    this.ledger = carried?.ledger ?? openLedger(input, now());
    this.wanted = this.wantedNow();
    this.inputs = this.inputsNow();
    this.memory = new Memory(candidates, carried);
    this.paused = carried?.paused ?? false;
    this.attributes = new Attributes(input.attributes);
    this.change(this.ledger);
  }

  /**
   * Does every task as soon as its needs are met, until all are settled or the run is to end before. The last ledger is then on disk.
   * `continue`: nothing is running, and the run is to go on in a new history with {@link nextInput}.
   *
   * A message can arrive during every wait. After each one the run therefore looks again at all that it is about to decide by, and
   * nothing is awaited between the last look and the decision: no accepted message is lost.
   *
   * @param allHeard whether every message that has arrived has had its effect
   */
  async toTheEnd(allHeard: () => boolean): Promise<'ended' | 'continue'> {
    void this.record.keep();
    for (;;) {
      if (this.isOver()) {
        await condition(() => !this.isOver() || (this.running.size === 0 && allHeard()));
        if (this.running.size === 0 && allHeard() && this.isOver()) break;
      } else if (this.history.isLong) {
        if ((await this.isDrained(allHeard)) && allHeard() && !this.isOver()) return 'continue';
      } else {
        for (const task of this.startable()) this.start(task.plan.name);
        await condition(() => this.isOver() || this.startable().length > 0 || this.history.isLong);
      }
    }
    const { ending } = this;
    this.change(
      ending === null ? { ...this.ledger, state: 'completed', endedAt: now() } : brokenOff(this.ledger, ending.state, ending.reason, now()),
    );
    await this.record.onDisk(); // every message is refused by now: the run has ended
    return 'ended';
  }

  /** Waits until nothing runs, the ledger is on disk and all messages are heard; false where the run is to end, or what runs takes too long. */
  private async isDrained(allHeard: () => boolean): Promise<boolean> {
    const idle = await condition(() => this.running.size === 0, DRAIN_MS);
    if (!idle) this.history.putOff();
    if (!idle || this.isOver()) return false;
    await this.record.onDisk();
    await condition(allHeard);
    return true;
  }

  /** What the run goes on with in a new history. */
  nextInput(): PipelineInput {
    const { input, ledger, paused } = this;
    return { ...input, plan: { ...input.plan, tasks: [] }, carried: { ledger, paused, ...this.memory.carried() } };
  }

  remembered(): Remembered {
    const { candidates, fresh } = this.input;
    return { candidates, fresh, ...this.memory.carried(), ending: this.endingReason };
  }

  retry(request: RetryRequest): TasksAnswer {
    const retried = applyRetry(this.ledger, request, now());
    this.memory.retried(retried);
    this.change(retried.ledger);
    this.inputs = this.inputsNow();
    return { tasks: retried.reset };
  }

  skip(request: SkipRequest): TasksAnswer {
    const { reason, by } = request;
    const tasks = skippedTasks(this.ledger, request).map(({ plan }) => plan.name);
    const skipped = `skipped by ${by}: ${reason}`;
    const ledger = tasks.reduce((before, name) => {
      const isRunning = this.running.has(name);
      if (isRunning) this.skipping.set(name, skipped);
      return withTask(before, name, isRunning ? { reason: `is stopped, to be ${skipped}` } : skippedNow(skipped));
    }, this.ledger);
    this.change(withEvent(ledger, personEvent('skip', by, tasks, reason)));
    for (const name of tasks) this.running.get(name)?.cancel();
    return { tasks };
  }

  approve({ task, by }: ApproveRequest): ApproveAnswer {
    const { plan, fingerprint: print } = this.task(task);
    const approved = withTask(this.ledger, task, { approved: print, reason: `approved by ${by}` });
    this.change(withEvent(approved, personEvent('approve', by, [task], plan.approval)));
    return { paused: this.paused };
  }

  until({ task, by }: UntilRequest): void {
    this.ledger = withUntil(this.ledger, task);
    this.wanted = this.wantedNow();
    this.change(withEvent(this.ledger, personEvent('until', by, task === null ? [] : [task])));
  }

  pause({ by }: PersonRequest): void {
    this.paused = true;
    this.change(withEvent(this.ledger, personEvent('pause', by)));
  }

  resume({ by }: PersonRequest): void {
    this.paused = false;
    this.change(withEvent(this.ledger, personEvent('resume', by)));
  }

  cancel({ by }: PersonRequest): void {
    if (this.ending !== null || this.ledger.endedAt !== null) return;
    this.change(withEvent(this.ledger, personEvent('cancel', by)));
    this.breakOff({ state: 'cancelled', reason: 'the run was cancelled' });
  }

  /** Why the run is about to end though not all is done; null where it goes on. */
  get endingReason(): string | null {
    return this.ending?.reason ?? null;
  }

  private breakOff(ending: Ending): void {
    this.ending ??= ending;
    for (const scope of this.running.values()) scope.cancel();
  }

  private isOver(): boolean {
    return this.ending !== null || isComplete(this.ledger, this.wanted);
  }

  private inputsNow(): Inputs {
    return inputsIn(this.ledger.tasks.map(({ plan }) => plan));
  }

  private wantedNow(): ReadonlySet<string> {
    return wantedTasks(
      this.ledger.tasks.map(({ plan }) => plan),
      this.ledger.until,
    );
  }

  private startable(): LedgerTask[] {
    return this.paused || this.ending !== null ? [] : startable(this.ledger, this.wanted);
  }

  private start(name: string): void {
    const scope = new CancellationScope();
    this.running.set(name, scope);
    void scope
      .run(() => this.settle(name))
      .finally(() => {
        this.running.delete(name);
        this.skipping.delete(name);
      });
  }

  /** One task from start to done, reused, blocked, cancelled, or back to waiting where a person is to approve it. */
  private async settle(name: string): Promise<void> {
    const task = this.task(name);
    const artifacts = this.inputs.of(task.plan, (other) => this.task(other).output?.artifacts ?? []);
    const inputs = artifacts.map((artifact) => ({ name: artifact.name, sha256: artifact.sha256 }));
    const print = fingerprint(task.plan, inputs);
    this.changeTask(name, { state: 'running', reason: 'starting', fingerprint: print, startedAt: now(), endedAt: null });
    try {
      const decision = decide(task.plan, this.memory.candidatesFor(name), inputs, this.input.fresh);
      const matches = this.memory.isForced(name) ? [] : decision.matches;
      const verify: Verify = (files) => untilSealed(`the files of ${name}`, () => verifyArtifacts(files));
      const { match, unusable } = await firstThatVerifies(matches, verify);
      if (match !== null) return this.takeOver(name, match, decision.reasons);
      const reasons = reasonsToRun(this.memory.reasonsFor(name), unusable, decision.reasons);
      const { approval } = task.plan;
      if (approval !== null && task.approved !== print) {
        const reason = `waits for approval (${approval}): emo-aen approve ${this.ledger.run} ${name}; runs because: ${reasons.join('; ')}`;
        return this.changeTask(name, { state: 'waiting', reason, startedAt: null });
      }
      this.changeTask(name, { reason: reasons.join('; ') });
      if (LEDGER_READERS.has(task.plan.uses)) await this.record.onDisk();
      const settings = resolveReferences(task.plan, artifacts);
      const { output, attempt } = await untilSealed(name, () =>
        execute(task.plan, { run: this.ledger.run, task: name, settings, artifacts }),
      );
      const lost = overwritten(this.ledger, name, output);
      if (lost !== null) throw wroteOver(name, lost.path, lost.madeBy, attempt);
      this.memory.settled(this.resultOf(task, inputs, print, output));
      this.changeTask(name, { state: 'done', attempts: task.attempts + attempt, output, endedAt: now() });
    } catch (error) {
      const skipped = this.skipping.get(name);
      if (skipped !== undefined && this.ending === null) return this.changeTask(name, skippedNow(skipped));
      if (isCancellation(error)) {
        return this.changeTask(name, { state: 'cancelled', reason: this.endingReason ?? 'cancelled', endedAt: now() });
      }
      const { failure, attempt } = readFailure(error);
      const attempts = task.attempts + (attempt ?? task.plan.retry.attempts);
      this.changeTask(name, { state: 'blocked', attempts, failure, endedAt: now() });
      if (task.plan.onFailure === 'fail-fast') this.breakOff({ state: 'failed', reason: `${name} failed, and it is declared fail-fast` });
    }
  }

  private resultOf({ plan }: LedgerTask, inputs: readonly InputDigest[], print: string, output: TaskOutput): ReuseCandidate {
    const { name: task, uses, version, code, settings } = plan;
    return { task, fromRun: this.ledger.run, uses, version, code, settings, inputs, fingerprint: print, output };
  }

  private takeOver(name: string, match: ReuseCandidate, reasons: readonly string[]): void {
    const own = match.fromRun === this.ledger.run;
    this.memory.settled(match);
    this.changeTask(name, {
      state: own ? 'done' : 'reused',
      reason: own ? UNCHANGED : reasons.join('; '),
      fromRun: own ? null : match.fromRun,
      output: match.output,
      endedAt: now(),
    });
  }

  private task(name: string): LedgerTask {
    const task = taskOf(this.ledger, name);
    if (task === undefined) throw new Error(`the ledger has no task ${name}`);
    return task;
  }

  private changeTask(name: string, change: Partial<LedgerTask>): void {
    this.change(withTask(this.ledger, name, change));
  }

  private change(ledger: Ledger): void {
    const goesOn = ledger.endedAt === null && this.ending === null;
    this.ledger = goesOn ? { ...withPause(ledger, this.wanted, this.paused), state: openState(ledger, this.wanted, this.paused) } : ledger;
    this.record.touch();
    setCurrentDetails(markdownOf(this.ledger));
    this.attributes.follow(this.ledger);
  }
}

function skippedNow(reason: string): Pick<LedgerTask, 'state' | 'reason' | 'endedAt'> {
  return { state: 'skipped', reason, endedAt: now() };
}

function personEvent(action: LedgerEvent['action'], by: string, tasks: string[] = [], reason: string | null = null): LedgerEvent {
  return { at: now(), by, action, tasks, overrides: [], reason };
}

function now(): string {
  return new Date().toISOString();
}
