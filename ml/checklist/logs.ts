/** Item 3: training logs archived in the W&B project, uploaded or, where that is what was asked for, as a complete offline run. */
import { ExportSettings } from '../../configs/schema/export.js';
import { LogArchive } from '../../configs/schema/log-archive.js';
import { proveArchive } from '../archive/prove.js';
import { finishedTask, noFindings, proveJson, type Audit, type Findings } from './evidence.js';

const Settings = ExportSettings.pick({ archive: true });

export async function proveLogs(audit: Audit): Promise<Findings> {
  const findings = noFindings();
  const training = finishedTask(audit, 'train', findings);
  const task = finishedTask(audit, 'archive-logs', findings);
  if (task === null || training === null) return findings;
  const archive = await proveJson(audit, task.artifact('log-archive'), LogArchive, findings);
  if (archive === null) return findings;
  const wanted = Settings.parse(task.plan.settings).archive.mode;
  if (archive.mode !== wanted) findings.missing.push(`archive.mode is ${wanted}, and the archive was made ${archive.mode}`);
  if (archive.metrics.sha256 !== training.artifact('metrics').sha256)
    findings.missing.push(`${archive.metrics.path} was archived before it was written anew: retry ${task.plan.name}`);
  const proof = await proveArchive(audit.root, archive);
  findings.evidence.push(...proof.evidence);
  findings.missing.push(...proof.missing);
  return findings;
}
