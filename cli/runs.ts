/** `emo-aen runs`: every run that disk or server know of, the one that started last first. */
import { listRuns, type ListedRun } from '../workers/list-runs.js';
import { action, command } from './command.js';
import { span } from './run/words.js';
import { READING_MS, withLink } from './server-link.js';

export const runsCommand = command('runs', 'all runs, the one that started last first').action(
  action(async (terminal) => {
    const { runs, source } = await withLink(terminal.root, (link) => listRuns(terminal.root, link), READING_MS);
    const rows = runs.map((run) => listedRun(run));
    terminal.answer({ runs, source }, rows.length === 0 ? 'there is no run here yet; emo-aen run starts one' : rows.join('\n'));
  }),
);

/** A run on one line. */
export function listedRun(listed: ListedRun, now = Date.now()): string {
  const { run, pipeline, state, startedAt, endedAt, settled, tasks, until, awaitsApproval } = listed;
  const took = span((endedAt === null ? now : Date.parse(endedAt)) - Date.parse(startedAt));
  const end = until === null ? '' : ` until ${until}`;
  const gates = awaitsApproval.length === 0 ? '' : `  waits for approval of ${awaitsApproval.join(', ')}`;
  return `${run}  ${state}  ${pipeline}  ${settled}/${tasks} tasks${end}  began ${startedAt}, ${took}${gates}`;
}
