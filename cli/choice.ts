/** The option of commands that act on tasks: those of one stage instead of those named. */
import { InvalidArgumentError, type Command } from 'commander';

export interface ChoiceOptions {
  readonly stage?: number;
}

const LAST_STAGE = 8;

export function withStageOption(command: Command, what: string): Command {
  return command.option('--stage <number>', what, (text: string) => {
    const stage = Number(text);
    if (Number.isInteger(stage) && stage >= 1 && stage <= LAST_STAGE) return stage;
    throw new InvalidArgumentError(`a stage is a number from 1 to ${LAST_STAGE}`);
  });
}
