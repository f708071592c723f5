/** `emo-aen __complete`: what may come next on a command line, from the very commands that will read it. */
import { resolve } from 'node:path';
import type { Command, Option } from 'commander';
import { DEFAULT_PIPELINE } from '../../configs/default-pipeline.js';
import { COMMANDS } from '../commands.js';
import { VALUES, type Typed } from './values.js';

export interface Answer {
  /** `open`: more is typed right behind a value. `files`: the shell knows best. */
  readonly kind: 'values' | 'open' | 'files';
  readonly values: readonly { readonly value: string; readonly description: string }[];
}

/** Prints the kind and then a line for each value: the value, a tab, and what it is. */
export async function answerShell(words: readonly string[]): Promise<void> {
  const { kind, values } = await answer(words);
  process.stdout.write([kind, ...values.map(({ value, description }) => `${value}\t${description}`), ''].join('\n'));
}

/** `words` are those after `emo-aen`; the last is being typed, and empty where it has not begun. */
export async function answer(words: readonly string[]): Promise<Answer> {
  const [name = '', ...rest] = words;
  if (rest.length === 0) return among(Object.keys(COMMANDS), name);
  const load = COMMANDS[name];
  return load === undefined ? among([], '') : next(await load(), wholeWords(rest));
}

async function next(command: Command, words: readonly string[]): Promise<Answer> {
  const { given, positional, awaiting } = read(command, words.slice(0, -1));
  const current = words.at(-1) ?? '';
  const [, flag, begun] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
  const typed = typedBy(command, given, positional);
  if (flag !== undefined) return valuesFor(optionOf(command, flag), begun ?? '', typed, `${flag}=`);
  if (awaiting !== null) return valuesFor(awaiting, current, typed);
  if (current.startsWith('-')) {
    const open = command.options.filter((option) => !option.hidden && (isRepeatable(option) || !given.has(option.attributeName())));
    return among(
      open.map(({ long, description }) => ({ value: long ?? '', description })),
      current,
    );
  }
  const { registeredArguments: declared } = command;
  const argument = declared[positional.length] ?? declared.find(({ variadic }) => variadic);
  return argument === undefined ? among([], current) : valuesOf(argument.name(), argument.argChoices, current, typed);
}

interface Read {
  /** Options by the name that commander gives them, with their last value. */
  readonly given: ReadonlyMap<string, string>;
  readonly positional: readonly string[];
  /** The option whose value comes next. */
  readonly awaiting: Option | null;
}

function read(command: Command, words: readonly string[]): Read {
  const given = new Map<string, string>();
  const positional: string[] = [];
  let awaiting: Option | null = null;
  for (const word of words) {
    const [, flag = word, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
    const option: Option | null = awaiting ?? optionOf(command, flag);
    if (awaiting !== null) given.set(awaiting.attributeName(), word);
    else if (option !== null) given.set(option.attributeName(), value ?? '');
    else if (!word.startsWith('-')) positional.push(word);
    awaiting = awaiting === null && option !== null && option.required && value === undefined ? option : null;
  }
  return { given, positional, awaiting };
}

/** Bash hands on `--stage=5` as three words; a `=` inside a setting stays one with what is before it. */
function wholeWords(words: readonly string[]): string[] {
  const whole: string[] = [];
  for (const [index, word] of words.entries()) {
    const before = words[index - 1];
    if (word === '=' && index > 0) {
      if (!(before ?? '').startsWith('--')) whole.push(`${whole.pop() ?? ''}=`);
      else if (index === words.length - 1) whole.push('');
    } else if (before === '=' && whole.at(-1)?.endsWith('=') === true) whole.push(`${whole.pop() ?? ''}${word}`);
    else whole.push(word);
  }
  return whole;
}

function optionOf(command: Command, flag: string): Option | null {
  return command.options.find(({ long, short }) => flag === long || flag === short) ?? null;
}

function typedBy(command: Command, given: ReadonlyMap<string, string>, positional: readonly string[]): Typed {
  const place = command.registeredArguments.findIndex((argument) => argument.name() === 'run');
  return {
    root: resolve(given.get('root') ?? '.'),
    run: given.get('retry') ?? given.get('fromRun') ?? (place < 0 ? null : (positional[place] ?? null)),
    pipeline: given.get('pipeline') ?? DEFAULT_PIPELINE,
  };
}

async function valuesFor(option: Option | null, begun: string, typed: Typed, prefix = ''): Promise<Answer> {
  if (option === null || !option.required) return among([], '');
  const [, placeholder = ''] = /[<[]([^>\]]+)[>\]]/.exec(option.flags) ?? [];
  return valuesOf(placeholder, option.argChoices, begun, typed, prefix);
}

async function valuesOf(
  placeholder: string,
  choices: readonly string[] | undefined,
  begun: string,
  typed: Typed,
  prefix = '',
): Promise<Answer> {
  const known = choices ?? (await VALUES[placeholder]?.(typed));
  if (known === undefined) return { kind: 'files', values: [] };
  const open = known.length > 0 && known.every((value) => value.endsWith('='));
  const values = among(known, begun).values.filter(({ value }) => !open || value !== begun);
  return { kind: open ? 'open' : 'values', values: values.map(({ value, description }) => ({ value: `${prefix}${value}`, description })) };
}

function among(known: readonly (string | { readonly value: string; readonly description: string })[], begun: string): Answer {
  const all = known.map((each) => (typeof each === 'string' ? { value: each, description: '' } : each));
  return { kind: 'values', values: all.filter(({ value }) => value.startsWith(begun)) };
}

function isRepeatable({ defaultValue }: Option): boolean {
  return Array.isArray(defaultValue);
}
