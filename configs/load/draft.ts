/** What can be understood of a pipeline, sound or not, so that one wrong key does not hide what else is wrong. */
import type { Catalog, CatalogEntry } from '../schema/catalog.js';
import { milliseconds } from './duration.js';
import { find, type Located, type LocatedMap, type LocatedScalar, type Span } from './located.js';

/** A text of the pipeline and where it stands. */
export interface Word {
  readonly text: string;
  readonly span: Span;
}

export interface DraftTask {
  readonly name: string;
  /** Of the task's name. */
  readonly span: Span;
  readonly uses: Word | null;
  /** The activity that `uses` names, where there is such a one and it can be used. */
  readonly activity: CatalogEntry | null;
  readonly stage: { readonly value: number; readonly span: Span } | null;
  readonly needs: readonly Word[];
  readonly with: Word | null;
  readonly set: LocatedMap | null;
  /** Null also where what stands there is no map. */
  readonly matrix: LocatedMap | null;
  readonly saysMatrix: boolean;
  readonly approval: Word | null;
  /** Names of variables of the worker's environment. */
  readonly env: readonly Word[];
  /** True where a person may skip it. */
  readonly optional: boolean;
  /** Durations by what they are of, with what `defaults` say. */
  readonly times: Readonly<Record<TimeName, Word | null>>;
}

/** The durations of a task, by their path. */
const TIMES = {
  timeout: ['timeout'],
  queueTimeout: ['queueTimeout'],
  totalTimeout: ['totalTimeout'],
  heartbeat: ['heartbeat'],
  backoff: ['retry', 'backoff'],
  maxBackoff: ['retry', 'maxBackoff'],
} as const;
export type TimeName = keyof typeof TIMES;

/** The tasks of a pipeline as far as they can be made out, in the order in which they are declared. */
export function draftTasks(pipeline: LocatedMap, catalog: Catalog): DraftTask[] {
  const tasks = find(pipeline, ['tasks'])?.value;
  if (tasks?.kind !== 'map') return [];
  return [...tasks.entries].map(([name, { key, value }]) => draftTask(name, key, value, pipeline, catalog));
}

function draftTask(name: string, span: Span, task: Located, pipeline: LocatedMap, { activities, broken }: Catalog): DraftTask {
  const uses = word(task, ['uses']);
  const stage = find(task, ['stage'])?.value;
  const optional = find(task, ['optional'])?.value;
  const time = (path: readonly string[]): Word | null => duration(task, path) ?? duration(pipeline, ['defaults', ...path]);
  return {
    name,
    span,
    uses,
    activity: uses === null || broken.has(uses.text) ? null : (activities.get(uses.text) ?? null),
    stage: stage?.kind === 'scalar' && typeof stage.value === 'number' ? { value: stage.value, span: stage.span } : null,
    needs: words(task, 'needs'),
    with: word(task, ['with']),
    set: map(task, 'set'),
    matrix: map(task, 'matrix'),
    saysMatrix: find(task, ['matrix']) !== undefined,
    approval: word(task, ['approval']),
    env: words(task, 'env'),
    optional: optional?.kind === 'scalar' && optional.value === true,
    times: {
      timeout: time(TIMES.timeout),
      queueTimeout: time(TIMES.queueTimeout),
      totalTimeout: time(TIMES.totalTimeout),
      heartbeat: time(TIMES.heartbeat),
      backoff: time(TIMES.backoff),
      maxBackoff: time(TIMES.maxBackoff),
    },
  };
}

function map(task: Located, key: string): LocatedMap | null {
  const node = find(task, [key])?.value;
  return node?.kind === 'map' ? node : null;
}

function words(task: Located, key: string): Word[] {
  const node = find(task, [key])?.value;
  return node?.kind === 'list' ? node.items.flatMap((item) => asWord(item) ?? []) : [];
}

function duration(root: Located, path: readonly string[]): Word | null {
  const found = word(root, path);
  return found !== null && milliseconds(found.text) !== undefined ? found : null;
}

function word(root: Located, path: readonly string[]): Word | null {
  const node = find(root, path)?.value;
  return node === undefined ? null : asWord(node);
}

function asWord(node: Located): Word | null {
  return isText(node) ? { text: node.value, span: node.span } : null;
}

function isText(node: Located): node is LocatedScalar & { readonly value: string } {
  return node.kind === 'scalar' && typeof node.value === 'string' && node.value !== '';
}
