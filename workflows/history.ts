/** How long the history of a run may get before the run goes on in a new one (Temporal's continue-as-new). */
import { workflowInfo } from '@temporalio/workflow';

/** Nothing new starts for at most so long, so that what runs may end: a new history can begin only when nothing is running. */
export const DRAIN_MS = 60_000;
/** Where that was not enough, the next try comes after so many events. The server ends a run at 51,200. */
const NEXT_TRY = 2_000;

export class History {
  private putOffTo = 0;

  /** The server suggests a new history from 4,096 events on, unless it is told otherwise. */
  get isLong(): boolean {
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    return continueAsNewSuggested && historyLength >= this.putOffTo;
  }

  putOff(): void {
    this.putOffTo = workflowInfo().historyLength + NEXT_TRY;
  }
}
