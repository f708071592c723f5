/**
 * Keeps `runs/<run>/ledger.json` up with the ledger. While tasks run, each change is offered to the worker, which writes it when it can:
 * nothing waits for the disk, and nothing of it is in the history. At the beginning, once the run comes to rest, and before a task that
 * reads the file, the file is insisted on. What a killed worker did not write follows with the next change, which a run that is not at rest is sure to have.
 */
import { condition, proxyLocalActivities, proxySinks, type Sinks } from '@temporalio/workflow';
import type { LedgerActivities } from '../activities/ledger.js';
import type { Ledger } from '../configs/schema/ledger.js';

export interface LedgerSinks extends Sinks {
  readonly ledger: {
    /** `revision` counts the ledger's changes. */
    offer(ledger: Ledger, revision: number): void;
  };
}

// A local activity: the write takes milliseconds and costs one event of history instead of six. Without end, because a run
// whose record cannot be written (disk full) must wait for the disk, not go on unseen.
const { writeLedger } = proxyLocalActivities<LedgerActivities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
});
const { ledger: sink } = proxySinks<LedgerSinks>();

/** Changes of a large ledger that are passed over between two offers, as a share of its tasks: it takes time to hand over. */
const PASSED_OVER = 1 / 50;

export class LedgerRecord {
  private revision = 0;
  private written = 0;
  private offered = 0;
  /** How many wait for the file. */
  private awaited = 0;

  /** @param atRest whether nothing is running or about to */
  constructor(
    private readonly current: () => Ledger,
    private readonly atRest: () => boolean,
  ) {}

  /** The ledger has changed. */
  touch(): void {
    this.revision += 1;
    const ledger = this.current();
    if (this.revision - this.offered < ledger.tasks.length * PASSED_OVER) return;
    this.offered = this.revision;
    sink.offer(ledger, this.revision);
  }

  /** Writes whenever the file must not be behind; never ends by itself. */
  async keep(): Promise<never> {
    for (;;) {
      await condition(() => this.revision > this.written && (this.written === 0 || this.awaited > 0 || this.atRest()));
      const { revision } = this;
      await writeLedger(this.current(), revision);
      this.written = revision;
    }
  }

  /** Resolves when the ledger as it is now, or a later one, is on disk. */
  async onDisk(): Promise<void> {
    const { revision } = this;
    this.awaited += 1;
    await condition(() => this.written >= revision);
    this.awaited -= 1;
  }
}
