/** The options of every command that reads a pipeline: which one, and what to change in its settings. */
import { Option, type Command } from 'commander';
import { DEFAULT_PIPELINE } from '../configs/default-pipeline.js';

export interface PipelineOptions {
  /** Relative to the root, or absolute. */
  readonly pipeline: string;
  /** As typed: `train.loop.pairs=8`. */
  readonly set: readonly string[];
}

/** Adds `--pipeline FILE` and `--set path=value`, which may be given many times. */
export function withPipelineOptions(command: Command): Command {
  return withSetOption(command.option('--pipeline <file>', 'pipeline, relative to the project root', DEFAULT_PIPELINE));
}

/** Adds `--set path=value` alone. */
export function withSetOption(command: Command): Command {
  return command.addOption(
    new Option('--set <path=value>', 'change one setting, such as train.loop.pairs=8; may be given many times')
      .argParser((text: string, before: readonly string[]) => [...before, text])
      .default([], 'none'),
  );
}
