/** `emo-aen checklist [run]`: proves the method's five items from the disk as it is now. Needs no server. */
import { Problem } from '../configs/problem.js';
import type { Ledger } from '../configs/schema/ledger.js';
import { auditRun } from '../ml/checklist/audit.js';
import { checklistMarkdown, checklistText } from '../ml/checklist/markdown.js';
import { readLedger, readLedgers } from '../workers/candidates.js';
import { unknownRun } from '../workers/observe.js';
import { action, command, EXIT } from './command.js';

/** Photos between two progress lines. */
const TOLD_EVERY = 500;

interface ChecklistOptions {
  readonly markdown?: boolean;
}

export const checklistCommand = command(
  'checklist [run]',
  "prove the method's checklist for a run (default: the newest) from what is on disk",
)
  .option('--markdown', 'as Markdown, with every proof')
  .action(
    action<ChecklistOptions>(async (terminal, { markdown = false }, [run]) => {
      if (markdown && terminal.json)
        throw new Problem({ code: 'USAGE', message: '--json and --markdown are two forms of one answer', cure: 'give one of them' });
      const found = await auditRun(terminal.root, await ledgerOf(terminal.root, run), {
        onPhoto: (done, total) => {
          if (done % TOLD_EVERY === 0 && done < total) terminal.note(`hashed ${done} of ${total} photos`);
        },
      });
      terminal.answer(found, markdown ? checklistMarkdown(found).trimEnd() : checklistText(found));
      return found.complete ? EXIT.done : EXIT.failed;
    }),
  );

async function ledgerOf(root: string, run: string | undefined): Promise<Ledger> {
  if (run !== undefined) {
    const ledger = await readLedger(root, run);
    if (ledger === null) throw await unknownRun(root, run);
    return ledger;
  }
  const [newest] = await readLedgers(root);
  if (newest === undefined) throw new Problem({ code: 'NOT_FOUND', message: 'there are no runs yet', cure: 'emo-aen run starts one' });
  return newest;
}
