/** What `emo-aen doctor` found out about one thing. */
import { homedir } from 'node:os';
import { isAbsolute, relative, sep } from 'node:path';

export interface Finding {
  readonly id: string;
  readonly title: string;
  /** What is there, in words; null: nothing. */
  readonly found: string | null;
  readonly ok: boolean;
  /** Whether runs cannot do without it. */
  readonly needed: boolean;
  /** What to do about it; null where it is as it should be. */
  readonly cure: string | null;
}

/** A place as a person knows it: relative to the project, or to the home folder, else absolute. */
export function placeName(root: string, path: string, home = homedir()): string {
  return below(root, path) ?? (home === '' ? null : prefixed('~', below(home, path))) ?? path;
}

function below(folder: string, path: string): string | null {
  const way = relative(folder, path);
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way) ? null : way === '' ? '.' : way;
}

function prefixed(prefix: string, way: string | null): string | null {
  return way === null ? null : `${prefix}/${way}`;
}

const MARKS = { ok: 'ok     ', missing: 'MISSING', note: 'note   ' } as const;

/** A line for each finding, its cure below it, and how it stands as a whole. */
export function renderFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ title }) => title.length));
  const lines = findings.flatMap(({ title, found, ok, needed, cure }) => {
    const mark = MARKS[ok ? 'ok' : needed ? 'missing' : 'note'];
    const line = `${mark}  ${title.padEnd(width)}  ${found ?? 'not found'}`;
    return cure === null ? [line] : [line, `${' '.repeat(MARKS.ok.length)}  ${' '.repeat(width)}  cure: ${cure}`];
  });
  const missing = findings.filter(({ ok, needed }) => needed && !ok).length;
  return [
    ...lines,
    missing === 0 ? 'Nothing that is needed is missing.' : `${missing} needed ${missing === 1 ? 'thing is' : 'things are'} missing.`,
  ].join('\n');
}
