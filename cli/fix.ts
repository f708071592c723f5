/** What `emo-aen audit --fix --into DIR` does once the set is audited. */
import { join, resolve } from 'node:path';
import { Problem } from '../configs/problem.js';
import type { DatasetSettings } from '../configs/schema/dataset.js';
import { FIX_ACTIONS, type FixRecord } from '../configs/schema/fix.js';
import type { AuditResult } from '../ml/images/audit.js';
import { fixPhotos, RECORD_FILE } from '../ml/images/fix/fix.js';
import { visible } from '../ml/images/names.js';
import { counted } from '../ml/images/report/summary.js';
import { EXIT, type ExitCode, type Terminal } from './command.js';

export interface FixOptions {
  readonly fast?: boolean;
  readonly fix?: boolean;
  /** Relative to the project root. */
  readonly into?: string;
}

/** Lines of what was left out; the record names all. */
const SHOWN = 20;

/** The folder of the copy; null where none is asked for. @throws Problem USAGE for options that do not go together. */
export function copyFolder({ fast = false, fix = false, into }: FixOptions): string | null {
  if (fix && fast) {
    throw new Problem({
      code: 'USAGE',
      message: 'a copy is made of what a full audit saw',
      where: '--fast',
      cure: 'leave out --fast or --fix',
    });
  }
  if (fix && into === undefined) {
    throw new Problem({ code: 'USAGE', message: '--fix writes a copy, and needs a folder for it', where: '--fix', cure: 'add --into DIR' });
  }
  if (!fix && into !== undefined) {
    throw new Problem({ code: 'USAGE', message: 'nothing is written without --fix', where: '--into', cure: 'add --fix' });
  }
  return into ?? null;
}

/** Failed where a photo had to be left out: then a person has to look. */
export async function fixAudited(
  terminal: Terminal,
  into: string,
  { settings, audited, onPhoto }: { settings: DatasetSettings; audited: AuditResult; onPhoto: (done: number, total: number) => void },
): Promise<ExitCode> {
  const record = await fixPhotos({ root: terminal.root, settings, audited, into: resolve(terminal.root, into), onPhoto });
  const asTheyAre = record.photos.filter(({ actions }) => actions.length === 0).length;
  const actions = Object.fromEntries(
    FIX_ACTIONS.map((action) => [action, record.photos.filter((photo) => photo.actions.includes(action)).length] as const),
  );
  const { leftOut, brokenPairs, scores } = record;
  const facts = { into, record: join(into, RECORD_FILE), photos: record.photos.length, asTheyAre, actions, leftOut, brokenPairs, scores };
  terminal.answer(facts, lines(into, record, asTheyAre, actions).join('\n'));
  return leftOut.length === 0 ? EXIT.done : EXIT.failed;
}

function lines(
  into: string,
  { photos, leftOut, brokenPairs }: FixRecord,
  asTheyAre: number,
  actions: Readonly<Record<string, number>>,
): string[] {
  return [
    `${counted(photos.length, 'photo')} in ${into}, ${asTheyAre} of them as they are`,
    ...Object.entries(actions).flatMap(([action, count]) => (count === 0 ? [] : [`  ${action}: ${count}`])),
    ...(leftOut.length === 0 ? [] : [`left out: ${leftOut.length}, which break ${counted(brokenPairs.length, 'pair')}`]),
    ...leftOut.slice(0, SHOWN).map(({ file, code, message }) => `  ${visible(file)}: ${code}: ${visible(message)}`),
    ...(leftOut.length > SHOWN ? [`  … and ${leftOut.length - SHOWN} more`] : []),
    `what was done to each: ${join(into, RECORD_FILE)}`,
    `next: emo-aen audit --set dataset.photos.root=${into}`,
  ];
}
