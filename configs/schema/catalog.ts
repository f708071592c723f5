/**
 * The activities that `uses` can name, as a table: which settings each one reads, which artifacts it reads from the
 * tasks before it and which it provides. The client checks a pipeline against it before anything starts, the workflow
 * hands an activity just these artifacts, and the fingerprint covers just these settings.
 */
import type { z } from 'zod';
import { DatasetSettings } from './dataset.js';
import { ExportSettings } from './export.js';
import { PreprocessSettings } from './preprocess.js';
import { TrainSettings } from './train.js';

/** The settings files, by the stem that `--set stem.path=value` uses, and the schema of each as a whole. */
export const SETTINGS = {
  dataset: DatasetSettings,
  preprocess: PreprocessSettings,
  train: TrainSettings,
  export: ExportSettings,
} as const;
export type SettingsKind = keyof typeof SETTINGS;

/** One row of the catalogue. `version` is the implementation's: raise it when the same inputs would give other outputs. */
export interface CatalogEntry<Settings extends z.ZodType = z.ZodType> {
  readonly stage: number;
  readonly version: number;
  /** sha256 of the folder of an activity of the project's own; null for one of the product, whose `version` says it all. */
  readonly code: string | null;
  /** Which settings it reads: a key of the catalogue's `kinds`. */
  readonly kind: string;
  readonly settings: Settings;
  /** Whether it reads what is not an artifact (photos, machine, repository). No fingerprint covers that, so it runs in every run. */
  outside(settings: z.infer<Settings>): boolean;
  readonly reads: readonly string[];
  /** Artifacts that it takes where a task before it made them, and does without where none did. */
  readonly mayRead: readonly string[];
  readonly provides: readonly string[];
  /** Why it can be done only once in a run, so that it can have no matrix; null where it can be done often. */
  readonly once: string | null;
}

/** An activity of the project's own that cannot be used, and why. */
export interface BrokenActivity {
  /** Relative to the root, with the line where one is known. */
  readonly where: string;
  readonly message: string;
  readonly cure: string;
}

/** All that a pipeline can name: activities by what `uses` says, and the settings that `--set` begins with. */
export interface Catalog {
  readonly activities: ReadonlyMap<string, CatalogEntry>;
  /** The schema of each kind as a whole. */
  readonly kinds: ReadonlyMap<string, z.ZodType>;
  readonly broken: ReadonlyMap<string, BrokenActivity>;
}

type Row<Settings extends z.ZodType> = Omit<CatalogEntry<Settings>, 'kind' | 'code' | 'mayRead' | 'once'> & {
  readonly kind: SettingsKind;
  readonly mayRead?: readonly string[];
  readonly once?: string;
};

function entry<Settings extends z.ZodType>(row: Row<Settings>): CatalogEntry<Settings> & { readonly kind: SettingsKind } {
  return { ...row, code: null, mayRead: row.mayRead ?? [], once: row.once ?? null };
}

const always = (): boolean => true;
const never = (): boolean => false;

export const CATALOG = {
  provision: entry({
    stage: 1,
    version: 1,
    outside: always,
    kind: 'train',
    settings: TrainSettings.pick({ environment: true }),
    reads: [],
    provides: ['environment'],
  }),
  audit: entry({
    stage: 2,
    version: 3,
    outside: always,
    kind: 'dataset',
    settings: DatasetSettings,
    reads: [],
    provides: ['audit-report', 'dataset', 'splits'],
  }),
  preprocess: entry({
    stage: 3,
    version: 3,
    outside: never,
    kind: 'preprocess',
    settings: PreprocessSettings,
    reads: ['dataset'],
    provides: ['cache', 'cache-index'],
  }),
  model: entry({
    stage: 4,
    version: 2,
    // A file may change under its name, and a server may be back: only weights that are pinned, and needed, are the same next time.
    outside: ({ model: { weights } }) => weights.source !== null && (weights.sha256 === null || weights.onUnavailable === 'random'),
    kind: 'train',
    settings: TrainSettings.pick({ seed: true, model: true }),
    reads: [],
    provides: ['initial-checkpoint', 'parameters'],
  }),
  train: entry({
    stage: 5,
    version: 3,
    outside: never,
    kind: 'train',
    settings: TrainSettings.pick({
      seed: true,
      environment: true,
      model: true,
      loss: true,
      optimizer: true,
      schedule: true,
      loop: true,
      earlyStopping: true,
      checkpoints: true,
      log: true,
    }),
    reads: ['cache', 'cache-index', 'initial-checkpoint'],
    provides: ['best-checkpoint', 'last-checkpoint', 'metrics', 'training'],
  }),
  evaluate: entry({
    stage: 6,
    version: 3,
    outside: never,
    kind: 'train',
    settings: TrainSettings.pick({ environment: true, loss: true, evaluation: true }).extend({
      loop: TrainSettings.shape.loop.pick({ clip: true, stallSeconds: true }).strip(),
    }),
    reads: ['cache', 'cache-index', 'best-checkpoint'],
    provides: ['evaluation'],
  }),
  export: entry({
    stage: 7,
    version: 2,
    outside: never,
    kind: 'export',
    // The models carry the version that they are published under.
    settings: ExportSettings.pick({ onnx: true }).extend({ bundle: ExportSettings.shape.bundle.pick({ version: true }).strip() }),
    reads: ['best-checkpoint', 'cache-index'],
    provides: ['onnx', 'onnx-int8-weights'],
  }),
  quantize: entry({
    stage: 7,
    version: 5,
    outside: never,
    kind: 'export',
    settings: ExportSettings.pick({ quantize: true }),
    reads: ['onnx', 'cache', 'cache-index'],
    provides: ['onnx-int8', 'quantization'],
  }),
  parity: entry({
    stage: 7,
    version: 4,
    outside: never,
    kind: 'export',
    settings: ExportSettings.pick({ parity: true, latency: true }),
    reads: ['onnx', 'onnx-int8', 'onnx-int8-weights', 'cache', 'cache-index', 'evaluation'],
    provides: ['parity', 'parity-report'],
  }),
  publish: entry({
    stage: 7,
    version: 4,
    outside: never,
    once: 'it replaces the published bundle',
    kind: 'export',
    settings: ExportSettings.pick({ bundle: true }),
    reads: ['onnx', 'onnx-int8', 'best-checkpoint', 'cache-index', 'parity', 'evaluation'],
    mayRead: ['onnx-int8-weights'],
    provides: ['manifest', 'version-manifest', 'published-onnx', 'published-onnx-int8', 'published-checkpoint'],
  }),
  'archive-logs': entry({
    stage: 8,
    version: 2,
    outside: never,
    kind: 'export',
    settings: ExportSettings.pick({ archive: true }),
    reads: ['metrics', 'evaluation'],
    provides: ['log-archive'],
  }),
  changelog: entry({
    stage: 8,
    version: 4,
    outside: never,
    once: 'it writes the entry of the run in the changelog',
    kind: 'export',
    settings: ExportSettings.pick({ changelog: true }),
    // Of its own version: another run may publish before this task begins.
    reads: ['version-manifest', 'evaluation', 'parity'],
    provides: ['changelog-entry'],
  }),
  checklist: entry({
    stage: 8,
    version: 2,
    outside: always,
    once: 'it judges the run as a whole',
    kind: 'export',
    settings: ExportSettings.pick({ archive: true, changelog: true }),
    reads: ['changelog-entry', 'log-archive', 'version-manifest'],
    provides: ['checklist'],
  }),
} as const;
export type ActivityName = keyof typeof CATALOG;

/** The catalogue of a project that has no activities of its own. */
export const BUILT_IN: Catalog = {
  activities: new Map<string, CatalogEntry>(Object.entries(CATALOG)),
  kinds: new Map<string, z.ZodType>(Object.entries(SETTINGS)),
  broken: new Map(),
};

/** The settings that an activity reads, as a type: `SettingsOf<'train'>`. */
export type SettingsOf<Name extends ActivityName> = z.infer<(typeof CATALOG)[Name]['settings']>;
