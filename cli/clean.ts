/** `emo-aen clean`: removes what grows without bound and is needed by no open run, published version or reusable result. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { Problem } from '../configs/problem.js';
import { KEEP, litterIn, removeLitter, sums, type Sum } from '../workers/clean/clean.js';
import { DATABASE } from '../workers/server/program.js';
import { action, command, withExamples } from './command.js';
import { READING_MS, withLink, type Linked } from './server-link.js';
import type { TemporalLink } from '../workers/temporal.js';

interface CleanOptions {
  readonly dryRun?: boolean;
  readonly keep: number;
}

export const cleanCommand = command('clean', 'remove what grows without bound and nothing needs')
  .option('--dry-run', 'say what would be removed, and remove nothing')
  .option('--keep <n>', 'ended runs of each pipeline that stay whole', wholeNumber, KEEP)
  .action(
    action<CleanOptions>(async (terminal, { dryRun = false, keep }) => {
      const { root } = terminal;
      const note = (text: string): void => terminal.note(text);
      const litter = await withLink(root, async (link) => litterIn(root, keep, await linkOrNull(link, note), note), READING_MS);
      if (!dryRun) await removeLitter(root, litter);
      const database = await stat(join(root, DATABASE)).then(
        ({ size }) => size,
        () => null, // there is none before the first `up`
      );
      const kinds = sums(litter);
      const answer = { dryRun, keep, kinds, bytes: total(kinds), files: litter.map(({ path }) => path), database };
      terminal.answer(answer, [...describe(kinds, dryRun), ...more(keep, database)].join('\n'));
    }),
  );

withExamples(cleanCommand, {
  'emo-aen clean --dry-run': 'how much there is, by kind',
  'emo-aen clean --keep 1': 'only the newest ended run of each pipeline stays whole',
});

async function linkOrNull(link: Linked, note: (text: string) => void): Promise<TemporalLink | null> {
  try {
    return await link();
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'UNREACHABLE') throw error;
    note('workflow code stays: the Temporal server, which knows the runs that need it, does not answer (emo-aen up)');
    return null;
  }
}

function wholeNumber(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number from 0 on is needed');
}

function total(kinds: readonly Sum[]): number {
  return kinds.reduce((sum, { bytes }) => sum + bytes, 0);
}

function describe(kinds: readonly Sum[], dryRun: boolean): string[] {
  if (kinds.length === 0) return ['nothing to remove'];
  const lines = kinds.map(({ kind, files, bytes }) => `${kind.padEnd(14)}  ${String(files).padStart(6)} files  ${megabytes(bytes)}`);
  return [...lines, `${dryRun ? 'would free' : 'freed'} ${megabytes(total(kinds))}`];
}

function more(keep: number, database: number | null): string[] {
  const lines = keep > 0 ? ['to free more: emo-aen clean --keep 0 (results of all ended runs are then made anew)'] : [];
  if (database !== null) lines.push(`the server's database has ${megabytes(database)}: it drops ended runs by itself, and stays`);
  return lines;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
