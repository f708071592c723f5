/** What `skip`, `approve`, `until`, `pause`, `resume` and `cancel` have in common: one Update to a run that is open. */
import type { Terminal } from '../command.js';
import { ensureUp, withLink } from '../server-link.js';
import type { TemporalLink } from '../../workers/temporal.js';
import { insistOnOpen, sendUpdate } from './update.js';

/** Brings up what is needed, sends the Update, and then does `after` with the same connection. */
export async function act<Answer>(
  terminal: Terminal,
  run: string,
  update: string,
  request: object,
  after: (link: TemporalLink) => Promise<void> = () => Promise.resolve(),
): Promise<Answer> {
  await insistOnOpen(terminal.root, run);
  await ensureUp(terminal);
  return withLink(terminal.root, async (linked) => {
    const link = await linked();
    const answer = await sendUpdate<Answer>(terminal.root, link, run, update, request);
    await after(link);
    return answer;
  });
}
