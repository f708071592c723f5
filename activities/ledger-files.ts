/** The ledgers on disk, `runs/<run>/ledger.json`, of the runs that this process carries: one write of a file at a time, the newest last. */
import type { Ledger } from '../configs/schema/ledger.js';
import { writeJsonAtomically } from '../ml/files/atomic.js';
import { ledgerPath } from './ledger-path.js';

/** A ledger and its place in a history: `revision` counts its changes within the `execution` (Temporal's run id). */
export interface LedgerVersion {
  readonly execution: string;
  readonly revision: number;
  readonly ledger: Ledger;
}

interface Kept {
  version: LedgerVersion;
  /** The write of `version`, or of the one before it that is still going on. */
  writing: Promise<void> | null;
  /** Revision that is on disk. */
  written: number;
}

export class LedgerFiles {
  private readonly kept = new Map<string, Kept>();

  /** @param warn told where an offered ledger could not be written; the next one, or {@link write}, tries again */
  constructor(
    private readonly root: string,
    private readonly warn: (message: string, error: unknown) => void,
  ) {}

  /** Writes it soon, or a newer one in its place. */
  offer(version: LedgerVersion): void {
    this.write(version).catch((error: unknown) => this.warn(`the ledger of run ${version.ledger.run} could not be written`, error));
  }

  /** Resolves once it, or a newer one of the same execution, is on disk. */
  async write(version: LedgerVersion): Promise<void> {
    const kept = this.accept(version);
    while (kept.written < version.revision && kept.version.execution === version.execution) {
      kept.writing ??= this.writeNewest(kept).finally(() => (kept.writing = null));
      await kept.writing;
    }
    if (version.ledger.endedAt !== null) this.kept.delete(version.ledger.run);
  }

  private accept(version: LedgerVersion): Kept {
    const { run } = version.ledger;
    const known = this.kept.get(run);
    if (known?.version.execution !== version.execution) {
      // Another history of the run: continued, or reset. What is being written for the one before comes first.
      const fresh: Kept = {
        version,
        writing: known?.writing?.catch(() => undefined).finally(() => (fresh.writing = null)) ?? null,
        written: -1,
      };
      this.kept.set(run, fresh);
      return fresh;
    }
    if (version.revision > known.version.revision) known.version = version;
    return known;
  }

  private async writeNewest(kept: Kept): Promise<void> {
    const { ledger, revision } = kept.version;
    await writeJsonAtomically(ledgerPath(this.root, ledger.run), ledger);
    kept.written = revision;
  }
}
