/** `npm run test:fuzz -- [parser…] [--runs N] [--seed S] [--sanitize] [--input FILE]`; the last line of stdout is one JSON document. */
import { randomInt } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Finding } from './child.js';
import { inputsOf } from './inputs.js';
import type { Parser } from './parser.js';
import { PARSERS } from './parsers.js';
import { Reader } from './reader.js';

const RUNS = 2_000;
const USAGE = `usage: npm run test:fuzz -- [PARSER…] [--runs N] [--seed S] [--sanitize] [--input FILE]
  PARSER    of ${PARSERS.map(({ name }) => name).join(', ')}; all, where none is named
  --runs N  inputs for each parser (default ${RUNS}); the first are those that were found once, and real files
  --seed S  a whole number from 0: the same inputs again
  --sanitize  our C++ (${PARSERS.filter(({ native }) => native !== undefined)
    .map(({ name }) => name)
    .join(', ')}) as built with AddressSanitizer and UndefinedBehaviorSanitizer
  --input FILE  just these bytes, by one parser: what a finding is repeated with
`;

interface Given {
  readonly parsers: readonly Parser[];
  readonly runs: number;
  readonly seed: number;
  readonly file: string | null;
  readonly sanitized: boolean;
}

function readArguments(words: readonly string[]): Given | null {
  try {
    const options = {
      runs: { type: 'string' },
      seed: { type: 'string' },
      input: { type: 'string' },
      sanitize: { type: 'boolean', default: false },
    } as const;
    const { values, positionals } = parseArgs({ args: [...words], allowPositionals: true, options });
    const whole = (text: string | undefined, otherwise: number): number =>
      text === undefined ? otherwise : /^\d+$/.test(text) ? Number(text) : NaN;
    const [runs, seed] = [whole(values.runs, RUNS), whole(values.seed, randomInt(2 ** 31))];
    const named = positionals.map((name) => PARSERS.find((parser) => parser.name === name));
    const native = PARSERS.filter((parser) => parser.native !== undefined);
    const parsers = named.length > 0 ? named.filter((parser) => parser !== undefined) : values.sanitize ? native : PARSERS;
    const file = values.input === undefined ? null : resolve(values.input);
    const wrong = !Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(seed) || named.includes(undefined);
    if (wrong || (file !== null && parsers.length !== 1) || (values.sanitize && !parsers.every(({ native: of }) => of !== undefined)))
      return null;
    return { parsers, runs: file === null ? runs : 1, seed, file, sanitized: values.sanitize };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return null;
  }
}

/** Findings of one cause are one: told apart by their kind and where they were thrown. */
function causeOf({ kind, detail }: Finding): string {
  const [where = detail.split('\n')[0] ?? ''] = /^ *at .*dist\/(?!test).*$/m.exec(detail) ?? [];
  return `${kind} ${kind === 'threw' || kind === 'died' ? where.trim() : ''}`;
}

interface Row {
  readonly parser: string;
  readonly inputs: number;
  readonly seconds: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly findings: number;
  readonly causes: readonly string[];
}

async function fuzz(parser: Parser, { runs, seed, file, sanitized }: Given, folder: string): Promise<Row> {
  const begun = performance.now();
  const reader = new Reader(sanitized ? sanitizers() : {});
  try {
    const { outcomes, findings, inputs } = await reader.run({ parser: parser.name, seed, first: 0, count: runs, file });
    const causes = new Map<string, Finding>();
    for (const finding of findings) if (!causes.has(causeOf(finding))) causes.set(causeOf(finding), finding);
    const input = await inputsOf(parser, { seed, file });
    for (const finding of causes.values()) await tell(parser, finding, input(finding.index), sanitized, folder);
    const seconds = Math.round((performance.now() - begun) / 100) / 10;
    const row = {
      parser: parser.name,
      inputs,
      seconds,
      outcomes: Object.fromEntries(outcomes),
      findings: findings.length,
      causes: [...causes.keys()],
    };
    const { taken = 0, ...refused } = row.outcomes;
    const words = Object.entries(refused).map(([code, times]) => `${code} ${times}`);
    process.stdout.write(
      `${parser.name.padEnd(17)} ${String(inputs).padStart(7)} inputs ${seconds.toFixed(1).padStart(7)} s  taken ${taken}; ${words.join(', ')}; findings ${findings.length}\n`,
    );
    return row;
  } finally {
    reader.close();
  }
}

async function tell(parser: Parser, { kind, index, detail }: Finding, bytes: Buffer, sanitized: boolean, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${parser.name}-${kind}-${index}`);
  await writeFile(path, bytes);
  await writeFile(`${path}.txt`, detail);
  const command = `npm run test:fuzz -- ${parser.name} ${sanitized ? '--sanitize ' : ''}--input ${path}`;
  process.stderr.write(`${parser.name}: input ${index} ${kind}\n${detail.split('\n').slice(0, 8).join('\n')}\n  repeat: ${command}\n`);
}

/** What a process needs to load an addon that is built with sanitizers: setup/fuzz.mjs, which builds it, says so. */
function sanitizers(): Record<string, string> {
  const said = process.env['EMO_AEN_FUZZ_SANITIZERS'];
  if (said === undefined) throw new Error('--sanitize works by `npm run test:fuzz` only, which builds what is sanitized');
  return z.record(z.string(), z.string()).parse(JSON.parse(said));
}

const given = readArguments(process.argv.slice(2));
if (given === null) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  process.stderr.write(`seed ${given.seed}\n`);
  const folder = join(tmpdir(), `emo-aen-fuzz-findings-${given.seed}`);
  const rows: Row[] = [];
  for (const parser of given.parsers) rows.push(await fuzz(parser, given, folder));
  const ok = rows.every(({ findings }) => findings === 0);
  if (!ok) process.stderr.write(`FAILED with seed ${given.seed}; the inputs lie in ${folder}\n`);
  process.stdout.write(`${JSON.stringify({ seed: given.seed, runs: given.runs, sanitized: given.sanitized, rows, ok })}\n`);
  process.exitCode = ok ? 0 : 1;
}
