/** Reports that no audit had to make, of any size. */
import type { AuditReport, Finding } from '../../../../configs/schema/audit.js';
import { finding, type FindingCode } from '../../../../ml/images/findings.js';

const NO_SIZE = { folders: 0, photos: 0, pairs: 0, interval: null };

/** A report of these findings; everything else is as little as it can be, unless `other` says more. */
export function madeReport(findings: readonly Finding[], other: Partial<AuditReport> = {}): AuditReport {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return {
    version: 2,
    mode: 'full',
    unseen: [],
    ok: errors === 0,
    root: 'training_files',
    splitsFile: 'docs/splits.json',
    hash: null,
    synthetic: false,
    folders: 1,
    photos: findings.length,
    pairs: null,
    splits: { train: NO_SIZE, val: NO_SIZE, test: NO_SIZE },
    folderPairs: [],
    scored: 0,
    rules: [],
    distributions: [],
    counts: [],
    clusters: [],
    errors,
    warnings: findings.length - errors,
    findings: [...findings],
    ...other,
  };
}

/** `count` findings of one kind, each about a photo of its own. */
export function madeFindings(code: FindingCode, count: number): Finding[] {
  return Array.from({ length: count }, (_, number) => finding(code, `one/good/${code} ${number}.jpg`, `is wrong in way ${number}`));
}

/** Ten thousand findings of four kinds, the first of them the rarest. */
export const TEN_THOUSAND = madeReport([
  ...madeFindings('uniform', 1),
  ...madeFindings('damaged', 5_000),
  ...madeFindings('not-srgb', 4_000),
  ...madeFindings('turned', 999),
]);
