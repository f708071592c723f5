/** Audits the cases and says which were found: a finding of one of the kind's codes that names one of its files. */
import type { Finding } from '../../configs/schema/audit.js';
import { auditPhotos } from '../../ml/images/audit.js';
import { type FINDINGS } from '../../ml/images/findings.js';
import { DATASET_SETTINGS } from '../dataset-settings.js';
import type { Case } from './make.js';

export interface Judged {
  readonly case: Case;
  /** The first finding that tells it; null where none does. */
  readonly code: keyof typeof FINDINGS | null;
}

export async function judge(cases: readonly Case[]): Promise<Judged[]> {
  const findings = new Map<string, Map<string, Finding[]>>();
  for (const root of new Set(cases.map((each) => each.root))) {
    const { report } = await auditPhotos({ root, settings: DATASET_SETTINGS });
    findings.set(root, byFile(report.findings));
  }
  return cases.map((each) => {
    const { kind, root, named } = each;
    const codes = named.flatMap((file) => findings.get(root)?.get(file) ?? []).map(({ code }) => code);
    return { case: each, code: kind.codes.find((code) => codes.includes(code)) ?? null };
  });
}

function byFile(findings: readonly Finding[]): Map<string, Finding[]> {
  const files = new Map<string, Finding[]>();
  for (const finding of findings) {
    const known = files.get(finding.file);
    if (known === undefined) files.set(finding.file, [finding]);
    else known.push(finding);
  }
  return files;
}
