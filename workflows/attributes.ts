/** The run as search attributes: what Temporal's UI and `temporal workflow list` can filter by. Only on a server that has them registered. */
import { upsertSearchAttributes } from '@temporalio/workflow';
import type { Ledger } from '../configs/schema/ledger.js';
import { ATTRIBUTES } from './attribute-keys.js';

type Values = Partial<Record<keyof typeof ATTRIBUTES, string>>;

/** What a ledger says of them. */
export function attributesOf(ledger: Ledger): Values {
  const stages = ledger.tasks.filter(({ state }) => state === 'running').map(({ plan }) => plan.stage);
  const dataset = ledger.tasks.flatMap(({ output }) => output?.artifacts ?? []).find(({ name }) => name === 'dataset');
  return {
    pipeline: ledger.pipeline,
    status: ledger.state,
    ...(stages.length === 0 ? {} : { stage: String(Math.min(...stages)) }),
    ...(dataset === undefined ? {} : { dataset: dataset.sha256 }),
  };
}

/** Keeps them up with the ledger; each change costs one event of history, so only what differs is told. */
export class Attributes {
  private told: Values = {};

  constructor(private readonly registered: boolean) {}

  follow(ledger: Ledger): void {
    if (!this.registered) return;
    const now = attributesOf(ledger);
    const changed = (Object.keys(now) as (keyof Values)[]).filter((name) => now[name] !== this.told[name]);
    if (changed.length === 0) return;
    this.told = { ...this.told, ...now };
    upsertSearchAttributes(changed.map((name) => ({ key: ATTRIBUTES[name], value: now[name] ?? null })));
  }
}
