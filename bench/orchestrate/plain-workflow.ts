/** The same number of activities in the same order, written as anybody would write it for Temporal: no plan, no ledger, no reuse, no retry by hand. */
import { proxyActivities } from '@temporalio/workflow';
import type { Shape } from './made-plan.js';

const { nothing } = proxyActivities<{ nothing(): Promise<void> }>({ startToCloseTimeout: '10m', retry: { maximumAttempts: 3 } });

export async function plain({ levels, width }: Shape): Promise<void> {
  const all: Promise<void>[] = [];
  for (let level = 0; level < levels; level++) {
    await all[(level - 1) * width];
    all.push(...Array.from({ length: width }, () => nothing()));
  }
  await Promise.all(all);
}
