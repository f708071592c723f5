/** What every command shares: `--root`, `--json`, one JSON document on stdout, notes on stderr, the contract's exit codes (design §3). */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { Problem, type ProblemCode } from '../configs/problem.js';
import { fromSystemError } from '../configs/system-error.js';
import { visible } from '../configs/visible.js';

/** `unread`: whoever read the answer has closed it, as a shell tells of a program that SIGPIPE ended. */
export const EXIT = { done: 0, failed: 1, usage: 2, unreachable: 3, interrupted: 130, unread: 141 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const EXIT_OF: Partial<Record<ProblemCode, ExitCode>> = {
  USAGE: EXIT.usage,
  CONFIGURATION: EXIT.usage,
  UNREACHABLE: EXIT.unreachable,
};

/** The exit code that the contract gives to a problem. */
export function exitCodeOf(problem: Problem): ExitCode {
  return EXIT_OF[problem.code] ?? EXIT.failed;
}

/** Where a command's words go. */
export interface Terminal {
  /** Absolute project root. */
  readonly root: string;
  readonly json: boolean;
  /** The command's answer: `value` as the JSON document with `--json`, else `text`. Call it once. */
  answer(value: unknown, text: string): void;
  /** Progress and remarks, on stderr. */
  note(text: string): void;
}

interface SharedOptions {
  readonly root: string;
  readonly json?: boolean;
}

/** A command with the options that all have. `declaration` is its name and arguments in commander's form: `logs <run> [task]`. */
export function command(declaration: string, summary: string): Command {
  const [name, ...args] = declaration.split(' ');
  const created = new Command(name).description(summary);
  if (args.length > 0) created.arguments(args.join(' '));
  return created.option('--root <dir>', 'project root', '.').option('--json', 'print one JSON document on stdout');
}

/** Adds command lines, each with what it does, below a command's help. */
export function withExamples(command: Command, examples: Readonly<Record<string, string>>): Command {
  const width = Math.max(...Object.keys(examples).map((line) => line.length));
  const lines = Object.entries(examples).map(([line, does]) => `  ${line.padEnd(width)}  ${does}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

/** Makes a commander action of a body that gets a terminal, its options and its arguments, and returns an exit code (default: done). */
export function action<Options extends object>(
  body: (terminal: Terminal, options: Options, args: readonly string[]) => Promise<ExitCode | void>,
): (...all: unknown[]) => Promise<void> {
  return async (...all) => {
    const invoked = all.at(-1) as Command;
    const options = invoked.opts<Options & SharedOptions>();
    const terminal = terminalFor(options);
    try {
      await insistOnFolder(terminal.root);
      process.exitCode = (await body(terminal, options, invoked.args)) ?? EXIT.done;
    } catch (thrown) {
      const error = fromSystemError(thrown);
      if (!(error instanceof Problem)) throw thrown;
      terminal.note(`error: ${error.describe()}`);
      if (terminal.json) process.stdout.write(`${visible(JSON.stringify({ error: error.toJSON() }, null, 2))}\n`);
      process.exitCode = exitCodeOf(error);
    }
  };
}

/** @throws Problem USAGE where the root is no folder, before any command stumbles over it. */
async function insistOnFolder(root: string): Promise<void> {
  const found = await stat(root).catch(() => null);
  if (found?.isDirectory() === true) return;
  const message = `${root} is ${found === null ? 'not there, or cannot be read' : 'not a folder'}`;
  throw new Problem({
    code: 'USAGE',
    message,
    where: '--root',
    cure: 'name the folder that holds configs/ and training_files/, or leave --root out there',
  });
}

function terminalFor(options: SharedOptions): Terminal {
  const json = options.json === true;
  return {
    root: resolve(options.root),
    json,
    // Words of tasks and files must not command the terminal; in JSON an escape means the same letter.
    answer: (value, text) => void process.stdout.write(`${visible(json ? JSON.stringify(value, null, 2) : text)}\n`),
    note: (text) => void process.stderr.write(`${visible(text)}\n`),
  };
}
