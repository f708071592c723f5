/** What can be understood of a pipeline, sound or not, so that one wrong key does not hide what else is wrong. */
import { CATALOG, type ActivityName } from '../schema/catalog.js';
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
  /** The activity that `uses` names, where there is such a one. */
  readonly activity: ActivityName | null;
  readonly stage: { readonly value: number; readonly span: Span } | null;
  readonly needs: readonly Word[];
  readonly with: Word | null;
  readonly timeout: Word | null;
  readonly heartbeat: Word | null;
}

/** The tasks of a pipeline as far as they can be made out, in the order in which they are declared. */
export function draftTasks(pipeline: LocatedMap): DraftTask[] {
  const tasks = find(pipeline, ['tasks'])?.value;
  if (tasks?.kind !== 'map') return [];
  return [...tasks.entries].map(([name, { key, value }]) => draftTask(name, key, value, pipeline));
}

function draftTask(name: string, span: Span, task: Located, pipeline: LocatedMap): DraftTask {
  const uses = word(task, ['uses']);
  const stage = find(task, ['stage'])?.value;
  const needs = find(task, ['needs'])?.value;
  return {
    name,
    span,
    uses,
    activity: uses !== null && isActivity(uses.text) ? uses.text : null,
    stage: stage?.kind === 'scalar' && typeof stage.value === 'number' ? { value: stage.value, span: stage.span } : null,
    needs: needs?.kind === 'list' ? needs.items.flatMap((item) => asWord(item) ?? []) : [],
    with: word(task, ['with']),
    timeout: duration(task, 'timeout') ?? duration(pipeline, 'defaults', 'timeout'),
    heartbeat: duration(task, 'heartbeat') ?? duration(pipeline, 'defaults', 'heartbeat'),
  };
}

export function isActivity(name: string): name is ActivityName {
  return Object.hasOwn(CATALOG, name);
}

function duration(root: Located, ...path: string[]): Word | null {
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
