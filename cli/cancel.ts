/** `emo-aen cancel`: ends a run; what is running is told to stop, what is done stays. */
import { workflowIdOf } from '../workflows/names.js';
import { action, command } from './command.js';
import { person } from './person.js';
import { act } from './run/act.js';

export const cancelCommand = command('cancel <run>', 'end a run; what is done stays and can be reused').action(
  action(async (terminal, _options, [run = '']) => {
    await act(terminal, run, 'cancel', { by: person() }, async ({ client, project }) => {
      // The Update tells the run who asked; this lets Temporal show it as cancelled. A run that has ended meanwhile needs neither.
      await client.workflow
        .getHandle(workflowIdOf(project.id, run))
        .cancel()
        .catch((error: unknown) => {
          if (!(error instanceof Error) || error.name !== 'WorkflowNotFoundError') throw error;
        });
    });
    terminal.answer({ run, accepted: 'cancel' }, `run ${run} is being cancelled; emo-aen run --from-run ${run} goes on from what it made`);
  }),
);
