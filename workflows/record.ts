/** Keeps `runs/<run>/ledger.json` up with the ledger: one write at a time, states that passed meanwhile are left out. */
import { condition, proxyLocalActivities } from '@temporalio/workflow';
import type { LedgerActivities } from '../activities/ledger.js';
import type { Ledger } from '../configs/schema/ledger.js';

// A local activity: the write takes milliseconds and costs one event of history instead of six. Without end, because a run
// whose record cannot be written (disk full) must wait for the disk, not go on unseen.
const { writeLedger } = proxyLocalActivities<LedgerActivities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
});

/** A ledger of more tasks is not written at each change: it is large, and changes often. */
const SMALL = 100;
/** Longest that such a ledger on disk is behind, unless it is waited for. */
const BEHIND_MS = 2_000;

export class LedgerRecord {
  private revision = 0;
  private written = 0;
  /** How many wait for the file. */
  private awaited = 0;

  constructor(private readonly current: () => Ledger) {}

  /** The ledger has changed. */
  touch(): void {
    this.revision += 1;
  }

  /** Writes whenever there is something new; never ends by itself. */
  async keep(): Promise<never> {
    for (;;) {
      await condition(() => this.revision > this.written);
      if (this.current().tasks.length > SMALL) await condition(() => this.awaited > 0, BEHIND_MS);
      const { revision } = this;
      await writeLedger(this.current());
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
