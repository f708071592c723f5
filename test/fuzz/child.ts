/**
 * The process that reads inputs. What an input does to it (a crash, memory that runs out, a loop without end) is seen from outside (reader.ts);
 * the number of the input at hand stands in a file, which outlives the process.
 */
import { writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../../configs/problem.js';
import { openPhotosOnly } from '../../ml/images/loaders.js';
import { inputsOf } from './inputs.js';
import { LIMITS, type Parser } from './parser.js';
import { PARSERS } from './parsers.js';

export interface Job {
  readonly parser: string;
  readonly seed: number;
  readonly first: number;
  readonly count: number;
  /** A file instead: just its bytes. */
  readonly file: string | null;
}

export interface Finding {
  /** `threw`, `slow`, `memory`, `words`; and from outside `died`, `hung`. */
  readonly kind: string;
  readonly index: number;
  readonly detail: string;
}

export type FromChild = { readonly outcome: string; readonly times: number } | { readonly finding: Finding } | { readonly done: true };

/** Of the file that holds the number at hand. */
const PROGRESS = 3;
/** Inputs between two reports. */
const REPORTED = 200;
/** What must never reach a terminal: all control characters but line ends and tabs. */
// eslint-disable-next-line no-control-regex -- that is what is looked for
const UNSAFE = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

function say(message: FromChild): void {
  process.send?.(message);
}

async function run(job: Job, scratch: string): Promise<void> {
  const parser = PARSERS.find(({ name }) => name === job.parser);
  if (parser === undefined) throw new Error(`no parser ${job.parser}`);
  const at = join(scratch, parser.name);
  await mkdir(at, { recursive: true });
  const inputs = await inputsOf(parser, job);
  const outcomes = new Map<string, number>();
  const report = (): void => {
    for (const [outcome, times] of outcomes) say({ outcome, times });
    outcomes.clear();
  };
  for (let index = job.first; index < job.first + job.count; index++) {
    writeSync(PROGRESS, String(index).padEnd(16), 0);
    const outcome = await measured(parser, inputs(index), at, index);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (index % REPORTED === 0) report();
  }
  report();
  say({ done: true });
}

async function measured(parser: Parser, bytes: Buffer, at: string, index: number): Promise<string> {
  const before = { cpu: process.cpuUsage(), memory: process.resourceUsage().maxRSS };
  const finding = (kind: string, detail: string): void => say({ finding: { kind, index, detail } });
  const outcome = await readOne(parser, bytes, at, finding);
  const { user, system } = process.cpuUsage(before.cpu);
  const seconds = (user + system) / 1e6;
  const grown = (process.resourceUsage().maxRSS - before.memory) / 1024;
  if (seconds > (parser.seconds ?? LIMITS.seconds)) finding('slow', `${seconds.toFixed(1)} s for ${bytes.length} bytes`);
  if (grown > (parser.megabytes ?? LIMITS.megabytes)) finding('memory', `${Math.round(grown)} MiB for ${bytes.length} bytes`);
  return outcome;
}

async function readOne(parser: Parser, bytes: Buffer, at: string, finding: (kind: string, detail: string) => void): Promise<string> {
  try {
    return (await parser.read(bytes, at)) ?? 'taken';
  } catch (error) {
    if (!(error instanceof Problem)) {
      finding('threw', error instanceof Error ? (error.stack ?? error.message).slice(0, 4000) : String(error));
      return 'threw';
    }
    const words = error.describe();
    if (words.length > LIMITS.words) finding('words', `a refusal of ${words.length} characters: ${words.slice(0, 200)}`);
    if (UNSAFE.test(words)) finding('words', `control characters in ${JSON.stringify(words.slice(0, 500))}`);
    return error.code;
  }
}

openPhotosOnly();
const [scratch = ''] = process.argv.slice(2);
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (job: Job) => {
  run(job, scratch).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(70);
  });
});
