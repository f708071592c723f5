/** `npm run bench -- finds`: makes everything that may be wrong with a photo set, audits it, and lays beside it what others say. */
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { peerPython, WORKPLACE, type Peer, type PeerGroup } from '../peers.js';
import { falseAlarms, MADE, type Alarms } from './false-alarms.js';
import { GROUPS } from './groups.js';
import { judge, type Judged } from './judge.js';
import type { Kind } from './kinds.js';
import { makeCases } from './make.js';
import { askOthers, OTHERS, type Said } from './others.js';

export interface FindsOptions {
  /** Of each kind. */
  readonly cases: number;
  /** Folder of sound photos that must raise no alarm; made ones without it. */
  readonly photos?: string;
}

export interface Row {
  readonly kind: string;
  readonly cases: number;
  readonly found: number;
  /** The codes under which it was found, and how often. */
  readonly codes: Readonly<Record<string, number>>;
  /** How many cases each of the others tells; null where it was not asked. */
  readonly others: Readonly<Record<string, number | null>>;
  /** Why what was not found could not be. */
  readonly beyond: string | null;
}

export interface Finds extends Omit<Said, 'said'> {
  readonly groups: readonly { readonly title: string; readonly rows: readonly Row[] }[];
  readonly alarms: readonly Alarms[];
}

type Note = (text: string) => void;

export async function benchFinds(options: FindsOptions, note: Note): Promise<Finds> {
  return findAll((group) => peerPython(group, note), options, join(WORKPLACE, 'finds'), note);
}

/** @param folder absolute: emptied before, gone afterwards */
export async function findAll(
  peerOf: (group: PeerGroup) => Promise<Peer>,
  { cases, photos }: FindsOptions,
  folder: string,
  note: Note,
): Promise<Finds> {
  await rm(folder, { recursive: true, force: true });
  try {
    const kinds = GROUPS.flatMap((group) => group.kinds);
    note(`making ${kinds.length} kinds of faults, ${cases} cases of each`);
    const made = await makeCases(kinds, cases, join(folder, 'cases'));
    note(`auditing ${made.length} cases`);
    const judged = await judge(made);
    note('asking Pillow, imagehash, cleanvision and fastdup');
    const { said, ...about } = await askOthers(peerOf, made, join(folder, 'others'));
    note('auditing sound photos, written anew in many ways');
    const alarms = await falseAlarms(photos === undefined ? MADE : resolve(photos), join(folder, 'sound'));
    return {
      groups: GROUPS.map(({ title, kinds: own }) => ({ title, rows: own.map((kind) => summary(kind, judged, said)) })),
      alarms,
      ...about,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function summary(kind: Kind, judged: readonly Judged[], said: Said['said']): Row {
  const own = judged.filter((each) => each.case.kind === kind);
  const codes: Record<string, number> = {};
  for (const { code } of own) if (code !== null) codes[code] = (codes[code] ?? 0) + 1;
  const tells = (column: string): number | null => {
    const answers = own.map((each) => said.get(each.case)?.[column] ?? null).filter((answer) => answer !== null);
    return answers.length === 0 ? null : answers.filter(Boolean).length;
  };
  return {
    kind: kind.name,
    cases: own.length,
    found: own.filter(({ code }) => code !== null).length,
    codes,
    others: Object.fromEntries(OTHERS.map((column) => [column, tells(column)])),
    beyond: kind.beyond ?? null,
  };
}
