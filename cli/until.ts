/** `emo-aen until`: where a run that is open ends; `run --until` says it at the start. */
import { action, command, withExamples } from './command.js';
import { person } from './person.js';
import { act } from './run/act.js';

export const untilCommand = command(
  'until <run> [task]',
  'let an open run end with this task and what it depends on; without a task, do all',
).action(
  action(async (terminal, _options, [run = '', task = null]) => {
    await act(terminal, run, 'until', { task, by: person() });
    const end = task === null ? 'does all its tasks' : `ends with ${task}; what runs beside it runs on`;
    terminal.answer({ run, accepted: 'until', task }, `run ${run} ${end}`);
  }),
);

withExamples(untilCommand, {
  'emo-aen until first evaluate': 'ends with evaluate; what runs beside it runs on',
  'emo-aen until first': 'does all after all',
});
