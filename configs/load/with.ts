/** The settings of a pipeline's tasks: every `with`, read once for all tasks that name it, what `set` and `--set` say laid on, checked whole. */
import { z } from 'zod';
import type { Catalog, CatalogEntry } from '../schema/catalog.js';
import type { SettingsFile } from '../schema/plan.js';
import { variableOf, WeightsSource } from '../schema/weights-source.js';
import { check } from './check.js';
import { quoted, type Diagnostics } from './diagnostics.js';
import type { DraftTask } from './draft.js';
import { isBrokenOutput, isMatrixValue, MATRIX_FORM, outputIn, OUTPUT_FORM } from './expressions.js';
import type { Leg } from './legs.js';
import { mergeMaps, type Located, type LocatedMap } from './located.js';
import { asLayer, isRead, type LocatedOverride } from './overrides.js';
import { follow, type Bounds } from './read.js';
import type { ReferringSetting } from './references.js';
import { layersOf, locateSet } from './set.js';
import { loadSettings, type SettingsTree } from './settings.js';
import { isAt, keysOf, schemaAt } from './shape.js';
import type { TextSetting } from './variables.js';

/** What one task reads. */
export interface Settings {
  /** Just what its activity reads: all that its fingerprint covers. */
  readonly value: unknown;
  /** Those of {@link value} that are expressions. */
  readonly referring: readonly ReferringSetting[];
  /** Those of {@link value} that name a variable as the source of weights. */
  readonly sources: readonly TextSetting[];
  readonly files: readonly SettingsFile[];
}

const WHOLE = 'a settings file says everything, unless it `extends` another one';

/** A whole settings file, as all tasks see it that change nothing in it. */
interface Checked {
  readonly value: unknown;
  readonly referring: readonly Omit<ReferringSetting, 'nullable'>[];
  /** Texts that name a variable, if the activity takes them for that. */
  readonly naming: readonly TextSetting[];
}

/** Reads the settings of legs one after the other; files that several name are read and checked once. */
export class SettingsReader {
  readonly #trees = new Map<string, Promise<SettingsTree | null>>();
  /** By kind, what stands for a file where none is named. */
  readonly #empty = new Map<string, SettingsTree>();
  readonly #checked = new Map<LocatedMap, Checked | null>();
  readonly #narrowed = new Map<CatalogEntry, Map<unknown, unknown>>();
  readonly #sets = new Map<DraftTask, readonly LocatedOverride[]>();

  constructor(
    readonly pipelineFile: string,
    readonly overrides: readonly LocatedOverride[],
    readonly catalog: Catalog,
    readonly bounds: Bounds,
    readonly found: Diagnostics,
  ) {}

  /** Null where the file cannot be read, or is not sound. */
  async read(leg: Leg): Promise<Settings | null> {
    const { task } = leg;
    const { activity } = task;
    if (activity === null) return null;
    const base = await this.#tree(task, activity);
    if (base === null) return null;
    const set = this.#sets.get(task) ?? locateSet(task, activity, this.catalog, this.found);
    this.#sets.set(task, set);
    const layers = layersOf(leg, set, this.found);
    if (layers === null) return null;
    const checked = layers.length === 0 ? this.#shared(activity.kind, base.tree) : this.#check(activity.kind, base.tree, layers);
    if (checked === null) return null;
    const referring = checked.referring.flatMap((setting) => {
      const schema = schemaAt(activity.settings, setting.path);
      return schema === undefined ? [] : { ...setting, nullable: z.core.safeParse(schema, null).success };
    });
    const sources = checked.naming.filter(({ path }) => isAt(activity.settings, path, WeightsSource));
    return { value: this.#narrow(activity, checked.value), referring, sources, files: base.files };
  }

  /** Overrides of the command line that reach none of the tasks. */
  reportUnread(tasks: readonly DraftTask[]): void {
    if (tasks.some(({ activity }) => activity === null)) return;
    for (const override of this.overrides) {
      if (tasks.some(({ activity }) => activity !== null && isRead(override, activity))) continue;
      this.found.add(override.pathSpan, [override.kind, ...override.path], 'no task of this pipeline reads this setting');
    }
  }

  async #tree(task: DraftTask, activity: CatalogEntry): Promise<SettingsTree | null> {
    const { kind } = activity;
    const path = ['tasks', task.name, 'with'];
    if (task.with === null) return this.#treeWithoutFile(task, activity);
    const { text, span } = task.with;
    const absolute = follow(text, this.pipelineFile, this.bounds, span, path, this.found);
    if (absolute === null) return null;
    // A file that could not be read is told at each task that names it; one that is wrong, once.
    const loading = this.#trees.get(absolute) ?? loadSettings({ absolute, span, path }, this.bounds, this.found);
    const loaded = await loading;
    if (loaded === null) return null;
    this.#trees.set(absolute, loading);
    const other = this.#otherKind(loaded.tree, kind);
    if (other === null) return loaded;
    const message = `${quoted(text)} holds ${other} settings; this task reads ${kind} settings`;
    this.found.add(span, path, message, { suggestion: `${kind}.yaml` });
    return null;
  }

  /** An activity whose settings all have defaults, or are all `set`, needs no file. */
  #treeWithoutFile(task: DraftTask, { kind, code }: CatalogEntry): SettingsTree | null {
    if (code !== null) {
      const empty = this.#empty.get(kind) ?? { tree: { kind: 'map', span: task.span, entries: new Map() }, files: [] };
      this.#empty.set(kind, empty);
      return empty;
    }
    const message = `${quoted(task.name)} reads ${kind} settings and names no file of them`;
    this.found.add(task.span, ['tasks', task.name, 'with'], message, { help: `add \`with: ${kind}.yaml\`` });
    return null;
  }

  #shared(kind: string, tree: LocatedMap): Checked | null {
    const known = this.#checked.get(tree);
    if (known !== undefined) return known;
    const checked = this.#check(kind, tree, []);
    this.#checked.set(tree, checked);
    return checked;
  }

  #check(kind: string, base: LocatedMap, layers: readonly LocatedMap[]): Checked | null {
    const schema = this.catalog.kinds.get(kind) ?? z.never();
    const last = this.overrides.filter((override) => override.kind === kind).map(asLayer);
    const tree = [...layers, ...last].reduce(mergeMaps, base);
    const value = check(
      schema,
      tree,
      this.found,
      base.entries.size === 0 ? { at: base.span, help: WITHOUT_FILE } : { at: null, help: WHOLE },
    );
    if (value === null) return null;
    const texts = textsIn(tree, []);
    return { value, referring: referringAmong(texts, this.found), naming: texts.filter(({ text }) => variableOf(text) !== null) };
  }

  #narrow(activity: CatalogEntry, whole: unknown): unknown {
    const known = this.#narrowed.get(activity) ?? new Map<unknown, unknown>();
    this.#narrowed.set(activity, known);
    if (!known.has(whole)) known.set(whole, narrow(activity.settings, whole));
    return known.get(whole);
  }

  /** The kind that a file was written for, if it has keys of that kind and none of the kind that was expected. */
  #otherKind(tree: LocatedMap, expected: string): string | null {
    const counts = [...this.catalog.kinds].map(
      ([kind, schema]) => [kind, keysOf(schema).filter((key) => tree.entries.has(key)).length] as const,
    );
    if (counts.some(([kind, count]) => kind === expected && count > 0)) return null;
    const [best] = counts.toSorted(([, a], [, b]) => b - a);
    return best !== undefined && best[1] > 0 ? best[0] : null;
  }
}

const WITHOUT_FILE = 'say it in a settings file, which `with` names, or in `set`';

function narrow(schema: z.ZodType, whole: unknown): unknown {
  return schema instanceof z.ZodObject ? schema.strip().parse(whole) : schema.parse(whole);
}

/** Every text of a tree, with its place. */
function textsIn(node: Located, path: readonly PropertyKey[]): TextSetting[] {
  if (node.kind === 'list') return node.items.flatMap((item, index) => textsIn(item, [...path, index]));
  if (node.kind === 'map') return [...node.entries].flatMap(([key, { value }]) => textsIn(value, [...path, key]));
  return typeof node.value === 'string' ? [{ path, text: node.value, span: node.span }] : [];
}

/** The texts that are expressions. A text that only looks like one gets a diagnostic. */
function referringAmong(texts: readonly TextSetting[], found: Diagnostics): Checked['referring'] {
  for (const { text, path, span } of texts) {
    if (isMatrixValue(text))
      found.add(span, path, `${quoted(text)} stands only in the pipeline: in a task's \`set\``, { help: MATRIX_FORM });
    else if (isBrokenOutput(text)) found.add(span, path, `${quoted(text)} is no expression`, { help: OUTPUT_FORM });
  }
  return texts.filter(({ text }) => outputIn(text) !== null);
}
