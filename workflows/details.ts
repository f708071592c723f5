/** The run at a glance, in Markdown: what the Temporal UI shows as the workflow's current details. */
import type { Ledger } from '../configs/schema/ledger.js';

export function markdownOf(ledger: Ledger): string {
  const rows = ledger.tasks.map(
    ({ plan, state, reason, failure }) => `| ${plan.stage} | ${plan.name} | ${state} | ${cell(failure?.message ?? reason)} |`,
  );
  return [`**${ledger.run}** is ${ledger.state}`, '', '| stage | task | state | why |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
