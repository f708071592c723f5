/** `emo-aen runs`: every run that disk or server know of, the one that started last first. */
import { listRuns } from '../workers/list-runs.js';
import { action, command } from './command.js';
import { span } from './run/words.js';
import { withLink } from './server-link.js';

export const runsCommand = command('runs', 'all runs, the one that started last first').action(
  action(async (terminal) => {
    const { runs, source } = await withLink(terminal.root, (link) => listRuns(terminal.root, link));
    const rows = runs.map(({ run, pipeline, state, startedAt, endedAt, settled, tasks }) => {
      const took = span((endedAt === null ? Date.now() : Date.parse(endedAt)) - Date.parse(startedAt));
      return `${run}  ${state}  ${pipeline}  ${settled}/${tasks} tasks  began ${startedAt}, ${took}`;
    });
    terminal.answer({ runs, source }, rows.length === 0 ? 'there is no run here yet; emo-aen run starts one' : rows.join('\n'));
  }),
);
