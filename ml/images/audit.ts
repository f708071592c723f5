/**
 * Stage 2: is this photo set sound? Every photo is decoded that no earlier audit decoded, every fault is named, and a sound set becomes a
 * DatasetIndex (method §2).
 */
import { resolve } from 'node:path';
import type { AuditReport, Finding } from '../../configs/schema/audit.js';
import type { DatasetSettings } from '../../configs/schema/dataset.js';
import type { DatasetIndex, Photo, Split } from '../../configs/schema/photos.js';
import { balanceFindings, tellTales } from './balance.js';
import { copyFindings, duplicateClusters, nearDuplicatesOf } from './copies.js';
import { datasetHash, type PhotoDigest } from './dataset-hash.js';
import { countsOf, distributionsOf } from './distributions.js';
import { finding } from './findings.js';
import type { Inspection } from './inspect.js';
import { inspectSet } from './inspect-set.js';
import type { InspectedSet } from './inspected-set.js';
import { composedKeys } from './names.js';
import { pairFindings } from './pairing.js';
import { readDegradations } from './sample-record.js';
import { scanPhotos } from './scan.js';
import { readScores, type Scores } from './scores.js';
import { sizeFindings, sizesOf, type Sizes } from './sizes.js';
import { readSplits } from './splits-file.js';
import { changesOf, changeWords, folderDigests } from './set-changes.js';
import { assignSplits, type Assigned } from './splits.js';
import { trivialRules } from './trivial-rules.js';
import type { OnWaiting } from './waits.js';

/** What each way of looking cannot see. */
const UNSEEN: Readonly<Record<AuditReport['mode'], readonly string[]>> = {
  full: [],
  fast: [
    'transparency of a few pixels in a WebP: it is shrunk as it is loaded, and alpha with it',
    'that the same pixels are there twice, encoded in two ways, to the last bit: near copies are found all the same',
  ],
};

/** What can only be seen of the set as a whole. */
const CHECKS: readonly ((set: InspectedSet, sizes: Sizes) => Finding[])[] = [pairFindings, copyFindings, sizeFindings, balanceFindings];

export interface AuditOptions {
  /** Absolute project root, which the settings' paths are relative to. */
  readonly root: string;
  readonly settings: DatasetSettings;
  /** `full` unless said otherwise: every pixel is decoded. */
  readonly mode?: AuditReport['mode'];
  /** Called after each photo. */
  readonly onPhoto?: (done: number, total: number) => void;
  /** Told every few seconds which photo is waited for, and for how many seconds already, where one takes long. */
  readonly onWaiting?: OnWaiting;
  /** Told what kept the findings from being remembered for the next audit, which then reads every photo again. */
  readonly onForgetful?: (message: string) => void;
  readonly signal?: AbortSignal;
}

export interface AuditResult {
  readonly report: AuditReport;
  /** Null where the report holds an error. */
  readonly dataset: DatasetIndex | null;
  /** Every photo, in the order of their files' code units. */
  readonly photos: readonly Inspection[];
}

/** Audits a set. A bad set is a result, not an exception; what is thrown is the signal's reason or a defect. */
export async function auditPhotos(options: AuditOptions): Promise<AuditResult> {
  const { root, mode = 'full', onPhoto, onWaiting, onForgetful = () => undefined, signal } = options;
  const { pairs } = options.settings;
  const settings = { ...options.settings, pairs: { ...pairs, weights: composedKeys(pairs.weights) } };
  const photoRoot = resolve(root, settings.photos.root);
  const scan = await scanPhotos(photoRoot);
  const inspections = await inspectSet(scan.photos, { root, settings, mode, onPhoto, onWaiting, onForgetful, signal });
  const scores = await readScores(photoRoot, scan.folders, scan.photos, settings.scores);
  const record = await readDegradations(photoRoot);
  const hash = hashOf(inspections);
  const assigned = await splitSet(options, inspections, hash);
  const set: InspectedSet = {
    settings,
    folders: scan.folders,
    photos: inspections,
    splitOf: assigned.splitOf,
    nearDuplicates: nearDuplicatesOf(inspections, settings.photos.nearCopyDistance),
    scores: scores.byFile,
  };
  const sizes = sizesOf(set);
  const { splits } = sizes;
  const rules = trivialRules(set);
  const findings = [
    ...scan.findings,
    ...inspections.flatMap((inspection) => inspection.findings),
    ...scores.findings,
    ...record.findings,
    ...assigned.findings,
    ...CHECKS.flatMap((check) => check(set, sizes)),
    ...tellTales(rules, settings.balance),
  ];
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const synthetic = scan.folders.some((folder) => record.folders.has(folder));
  const dataset: DatasetIndex | null =
    errors > 0 || hash === null
      ? null
      : {
          version: 2,
          hash,
          root: settings.photos.root,
          synthetic,
          pairing: settings.pairs.pairing,
          limit: settings.pairs.limit,
          weights: settings.pairs.weights,
          photos: inspections.flatMap((inspection) => indexed(inspection, assigned.splitOf, scores.byFile)),
        };
  const report: AuditReport = {
    version: 2,
    mode,
    unseen: [...UNSEEN[mode]],
    ok: dataset !== null,
    root: settings.photos.root,
    splitsFile: settings.splits.file,
    hash,
    synthetic,
    folders: scan.folders.length,
    photos: scan.photos.length,
    pairs: dataset === null ? null : { train: splits.train.pairs, val: splits.val.pairs, test: splits.test.pairs },
    ...sizes,
    rules,
    distributions: distributionsOf(set),
    counts: countsOf(set),
    clusters: duplicateClusters(set),
    scored: scores.byFile.size,
    errors,
    warnings: findings.length - errors,
    findings,
  };
  return { report, dataset, photos: inspections };
}

function hashOf(inspections: readonly Inspection[]): string | null {
  const digests = inspections.flatMap(digested);
  return digests.length === inspections.length && digests.length > 0 ? datasetHash(digests) : null;
}

function digested({ photo, sha256 }: Inspection): (PhotoDigest & { readonly folder: string })[] {
  return sha256 === null ? [] : [{ file: photo.file, folder: photo.folder, sha256 }];
}

async function splitSet({ root, settings }: AuditOptions, inspections: readonly Inspection[], hash: string | null): Promise<Assigned> {
  const shown = settings.splits.file;
  const read = await readSplits(root, shown);
  if (read.assignments === null) return { splitOf: new Map(), findings: read.findings };
  const { splitOf, findings } = assignSplits(
    read.assignments,
    inspections.map(({ photo }) => photo),
    shown,
  );
  const locked = read.datasetHash;
  if (locked === null || hash === null || locked === hash) return { splitOf, findings };
  const changes = read.folders === null ? null : changesOf(read.folders, folderDigests(inspections.flatMap(digested)));
  const words = `is locked to the set ${locked.slice(0, 12)}…, the photos are now ${hash.slice(0, 12)}…; ${changeWords(changes).join('; ')}`;
  return { splitOf, findings: [...findings, finding('splits-locked-to-another-set', shown, words)] };
}

function indexed({ photo, sha256, content }: Inspection, splitOf: ReadonlyMap<string, Split>, scores: Scores['byFile']): Photo[] {
  const split = splitOf.get(photo.file);
  const sides = content?.sides ?? null;
  if (sha256 === null || sides === null || split === undefined) return [];
  const { file, folder, label } = photo;
  const { mean = null, deviation = null, count = null } = scores.get(file) ?? {};
  const said = { ...(deviation === null ? {} : { deviation }), ...(count === null ? {} : { count }) };
  return [{ file, folder, label, split, sha256, ...sides, score: mean, ...said }];
}
