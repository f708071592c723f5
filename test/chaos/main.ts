/** `npm run test:chaos -- train|orchestrate [--seed S] [--only WORDS] [--json]`: random faults; the last line of stdout is one JSON document (design §3). */
import { randomInt } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { orchestrateChaos } from './orchestrate.js';
import { isOk, table, type Report } from './report.js';
import { trainChaos } from './train.js';

interface Suite {
  /** Just the hardships whose name contains these words; null: all that the suite has. */
  readonly only: string | null;
  readonly seed: number;
  /** Absolute path of a folder for what is made on the way. */
  readonly scratch: string;
  readonly note: (text: string) => void;
}

const SUITES: Readonly<Record<string, (suite: Suite) => Promise<Report>>> = { train: trainChaos, orchestrate: orchestrateChaos };
const USAGE = `usage: npm run test:chaos -- ${Object.keys(SUITES).join('|')} [--seed S] [--only WORDS] [--json]
  --seed S  a whole number from 0: does the same faults at the same moments again
  --only W  of orchestrate, just the hardships whose name contains these words
  --json    no table, only the JSON document
`;

const given = readArguments(process.argv.slice(2));
if (given === null) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  process.exitCode = await run(given);
}

interface Given {
  readonly name: string;
  readonly suite: (suite: Suite) => Promise<Report>;
  readonly seed: number;
  readonly only: string | null;
  readonly json: boolean;
}

function readArguments(words: readonly string[]): Given | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { seed: { type: 'string' }, only: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    const [name = '', ...more] = positionals;
    const suite = SUITES[name];
    const seed = values.seed === undefined ? randomInt(2 ** 32) : /^\d+$/.test(values.seed) ? Number(values.seed) : NaN;
    const only = values.only ?? null;
    if (suite === undefined || more.length > 0 || !Number.isSafeInteger(seed) || (only !== null && suite !== orchestrateChaos)) return null;
    return { name, suite, seed, only, json: values.json };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return null;
  }
}

/** @returns the exit code */
async function run({ name, suite, seed, only, json }: Given): Promise<number> {
  const note = (text: string): void => void process.stderr.write(`${text}\n`);
  const startedAt = performance.now();
  const scratch = await mkdtemp(join(tmpdir(), `emo-aen-chaos-${name}-`));
  const leave = (): void => rmSync(scratch, { recursive: true, force: true });
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      note(`ended by ${signal}, before anything was shown; seed ${seed}`);
      leave();
      process.exit(128 + constants.signals[signal]);
    });
  note(`suite ${name}, seed ${seed}`);
  const report = await suite({ seed, only, scratch, note });
  const ok = isOk(report.faults);
  const seconds = Math.round(performance.now() - startedAt) / 1000;
  const skipped = report.faults.filter((row) => row.skipped !== undefined);
  if (!json) process.stdout.write(`${table(report.faults)}\n`);
  for (const row of skipped) note(`SKIPPED, so this was not shown: ${row.fault}: ${row.skipped}`);
  if (ok) leave();
  else note(`FAILED with seed ${seed}: npm run test:chaos -- ${name} --seed ${seed} does the same again; what is left lies in ${scratch}`);
  process.stdout.write(`${JSON.stringify({ suite: name, seed, ...report, ok, seconds })}\n`);
  return ok ? 0 : 1;
}
