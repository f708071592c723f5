/**
 * A run while it is open: the ledger, what is running, and what a person's messages do to it.
 *
 * How it behaves where the design leaves it open:
 * - Pause starts nothing new; what is running runs on to its end.
 * - A skipped task is settled but does not serve: its dependants stay waiting. A run whose remaining tasks can never start for
 *   that reason is `blocked`, until a retry of the skipped task or a cancel. A run whose skipped tasks have no dependants completes.
 * - With `until`, the run is completed when that task and all before it are; the rest stays `waiting`.
 */
import { CancellationScope, condition, isCancellation, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { LedgerActivities } from '../activities/ledger.js';
import type { Ledger, LedgerEvent, LedgerTask } from '../configs/schema/ledger.js';
import { decide, type ReuseCandidate } from './decide.js';
import { markdownOf } from './details.js';
import { execute } from './execute.js';
import { readFailure } from './failure.js';
import { fingerprint } from './fingerprint.js';
import { inputsOf, wantedTasks } from './graph.js';
import type { PipelineInput } from './input.js';
import { cancelled, isComplete, openLedger, openState, startable, taskOf, withEvent, withTask } from './ledger.js';
import type { PersonRequest, RetryAnswer, RetryRequest, SkipRequest } from './messages.js';
import { LedgerRecord } from './record.js';
import { applyRetry } from './retry.js';

const { verifyArtifacts } = proxyActivities<LedgerActivities>({
  taskQueue: 'cpu',
  startToCloseTimeout: '12h',
  heartbeatTimeout: '20s',
  retry: { initialInterval: '1s', maximumAttempts: 5 },
  summary: 'are the files still what they were',
});

/** Activities that read the run's ledger from disk: it must say then what the workflow knows. */
const LEDGER_READERS: ReadonlySet<string> = new Set(['publish', 'changelog', 'checklist']);

export class Run {
  ledger: Ledger;
  private readonly wanted: ReadonlySet<string>;
  private readonly record = new LedgerRecord(() => this.ledger);
  private readonly running = new Map<string, CancellationScope>();
  /** Results of this run's own tasks, which serve again where nothing changed. */
  private readonly former = new Map<string, ReuseCandidate>();
  private readonly candidates = new Map<string, ReuseCandidate[]>();
  private forced = new Set<string>();
  private reasons = new Map<string, readonly string[]>();
  private paused = false;
  private cancelling = false;

  constructor(private readonly input: PipelineInput) {
    this.wanted = wantedTasks(input.plan, input.until);
    for (const candidate of input.candidates) {
      const known = this.candidates.get(candidate.task);
      if (known === undefined) this.candidates.set(candidate.task, [candidate]);
      else known.push(candidate);
    }
    this.ledger = openLedger(input, now());
    this.change(this.ledger);
  }

  /** Does every task as soon as its needs are met, until all are settled or the run is cancelled. The last ledger is then on disk. */
  async toTheEnd(): Promise<void> {
    void this.record.keep();
    while (!this.cancelling && !isComplete(this.ledger, this.wanted)) {
      for (const task of this.startable()) this.start(task.plan.name);
      await condition(() => this.cancelling || isComplete(this.ledger, this.wanted) || this.startable().length > 0);
    }
    await condition(() => this.running.size === 0);
    this.change(this.cancelling ? cancelled(this.ledger, now()) : { ...this.ledger, state: 'completed', endedAt: now() });
    await this.record.onDisk();
  }

  retry(request: RetryRequest): RetryAnswer {
    const { ledger, reset, forced, reasons } = applyRetry(this.ledger, request, now());
    this.forced = new Set([...this.forced, ...forced]);
    this.reasons = new Map([...this.reasons, ...reasons]);
    this.change(ledger);
    return { tasks: reset };
  }

  skip({ task, reason, by }: SkipRequest): void {
    const skipped = withTask(this.ledger, task, { state: 'skipped', reason: `skipped by ${by}: ${reason}`, endedAt: now() });
    this.change(withEvent(skipped, personEvent('skip', by, [task], reason)));
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
    if (this.cancelling || this.ledger.endedAt !== null) return;
    this.cancelling = true;
    this.change(withEvent(this.ledger, personEvent('cancel', by)));
    for (const scope of this.running.values()) scope.cancel();
  }

  get isCancelling(): boolean {
    return this.cancelling;
  }

  private startable(): LedgerTask[] {
    return this.paused || this.cancelling ? [] : startable(this.ledger, this.wanted);
  }

  private start(name: string): void {
    const scope = new CancellationScope();
    this.running.set(name, scope);
    void scope.run(() => this.settle(name)).finally(() => this.running.delete(name));
  }

  /** One task from start to done, reused, blocked or cancelled. */
  private async settle(name: string): Promise<void> {
    const task = this.task(name);
    const artifacts = inputsOf(
      task.plan,
      this.ledger.tasks.map(({ plan }) => plan),
      (other) => this.task(other).output?.artifacts ?? [],
    );
    const inputs = artifacts.map((artifact) => ({ name: artifact.name, sha256: artifact.sha256 }));
    const print = fingerprint(task.plan, inputs);
    this.changeTask(name, { state: 'running', reason: 'starting', fingerprint: print, startedAt: now(), endedAt: null });
    try {
      const decision = decide(task.plan, this.candidatesFor(name), inputs);
      const unusable = await this.reuse(task, this.forced.has(name) ? [] : decision.matches, decision.reasons);
      if (unusable === null) return;
      const own = this.reasons.get(name) ?? [];
      const reasons = [
        ...own,
        ...unusable,
        ...(own.length + unusable.length > 0 ? [] : this.reasonsToRun(task.plan.outside, decision.reasons)),
      ];
      this.changeTask(name, { reason: reasons.join('; ') });
      if (LEDGER_READERS.has(task.plan.uses)) await this.record.onDisk();
      const report = await execute(task.plan, { run: this.ledger.run, task: name, settings: task.plan.settings, artifacts });
      const { uses, version, settings } = task.plan;
      this.former.set(name, {
        task: name,
        fromRun: this.ledger.run,
        uses,
        version,
        settings,
        inputs,
        fingerprint: print,
        output: report.output,
      });
      this.forced.delete(name);
      this.reasons.delete(name);
      this.changeTask(name, { state: 'done', attempts: task.attempts + report.attempt, output: report.output, endedAt: now() });
    } catch (error) {
      if (isCancellation(error)) return this.changeTask(name, { state: 'cancelled', reason: 'the run was cancelled', endedAt: now() });
      const { failure, attempt } = readFailure(error);
      const attempts = task.attempts + (attempt ?? task.plan.retry.attempts);
      this.changeTask(name, { state: 'blocked', attempts, failure, endedAt: now() });
    }
  }

  /** Takes over the first of `matches` whose files verify, and gives null; else the reasons why none serves (none where there is no match). */
  private async reuse(task: LedgerTask, matches: readonly ReuseCandidate[], reasons: readonly string[]): Promise<string[] | null> {
    const unusable: string[] = [];
    for (const match of matches) {
      const { missing, altered } = await verifyArtifacts(match.output.artifacts);
      if (missing.length + altered.length === 0) {
        const own = match.fromRun === this.ledger.run;
        this.former.set(task.plan.name, match);
        this.reasons.delete(task.plan.name);
        this.changeTask(task.plan.name, {
          state: own ? 'done' : 'reused',
          reason: own ? 'unchanged: same code, settings and inputs as before' : reasons.join('; '),
          fromRun: own ? null : match.fromRun,
          output: match.output,
          endedAt: now(),
        });
        return null;
      }
      if (missing.length > 0) unusable.push(`output missing: ${missing.join(', ')}`);
      if (altered.length > 0) unusable.push(`output altered: ${altered.join(', ')}`);
    }
    return [...new Set(unusable)];
  }

  private reasonsToRun(outside: boolean, decided: readonly string[]): readonly string[] {
    return this.input.fresh && !outside ? ['--fresh'] : decided;
  }

  private candidatesFor(name: string): ReuseCandidate[] {
    const former = this.former.get(name);
    return [...(former === undefined ? [] : [former]), ...(this.candidates.get(name) ?? [])];
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
    const open = ledger.endedAt === null;
    this.ledger = open ? { ...ledger, state: this.cancelling ? ledger.state : openState(ledger, this.wanted, this.paused) } : ledger;
    this.record.touch();
    setCurrentDetails(markdownOf(this.ledger));
  }
}

function personEvent(action: LedgerEvent['action'], by: string, tasks: string[] = [], reason: string | null = null): LedgerEvent {
  return { at: now(), by, action, tasks, overrides: [], reason };
}

function now(): string {
  return new Date().toISOString();
}
