/** The run at a glance, in Markdown: what the Temporal UI shows as the workflow's current details. Made anew at every change: one pass, and few rows. */
import type { Ledger, LedgerTask } from '../configs/schema/ledger.js';

/** Most rows, and the states of which they are, what a person looks for first. */
const MOST_ROWS = 50;
const FIRST: readonly LedgerTask['state'][] = ['blocked', 'retrying', 'running', 'skipped', 'cancelled', 'waiting', 'done', 'reused'];

export function markdownOf(ledger: Ledger): string {
  const groups = new Map<LedgerTask['state'], LedgerTask[]>();
  for (const task of ledger.tasks) {
    const group = groups.get(task.state);
    if (group === undefined) groups.set(task.state, [task]);
    else group.push(task);
  }
  const counts = FIRST.flatMap((state) => (groups.has(state) ? [`${groups.get(state)?.length} ${state}`] : []));
  const all = ledger.tasks.length <= MOST_ROWS;
  const shown = all ? ledger.tasks : FIRST.flatMap((state) => groups.get(state) ?? []).slice(0, MOST_ROWS);
  const rows = shown.map(
    ({ plan, state, reason, failure }) => `| ${plan.stage} | ${plan.name} | ${state} | ${cell(failure?.message ?? reason)} |`,
  );
  const rest = all ? [] : ['', `${ledger.tasks.length - shown.length} more: emo-aen status ${ledger.run}`];
  return [
    `**${ledger.run}** is ${ledger.state}: ${counts.join(', ')}`,
    '',
    '| stage | task | state | why |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...rest,
  ].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
