/** Item 1: dataset validated and splits locked. Every photo is hashed again. */
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { AuditReport } from '../../configs/schema/audit.js';
import { DatasetIndex, type Photo } from '../../configs/schema/photos.js';
import { hashFile } from '../files/atomic.js';
import { visible } from '../images/names.js';
import { scanPhotos } from '../images/scan.js';
import { readSplits } from '../images/splits-file.js';
import { finishedTask, noFindings, proveFile, proveJson, short, type Audit, type Findings } from './evidence.js';

/** Photos that are named one by one; of more, the number is told. */
const NAMED = 5;
/** Photos that are read at once. */
const IN_FLIGHT = 4;

export async function proveDataset(audit: Audit): Promise<Findings> {
  const findings = noFindings();
  const task = finishedTask(audit, 'audit', findings);
  if (task === null) return findings;
  const report = await proveJson(audit, task.artifact('audit-report'), AuditReport, findings);
  if (report !== null && !report.ok) findings.missing.push(`the audit found ${report.errors} errors`);
  const dataset = await proveJson(audit, task.artifact('dataset'), DatasetIndex, findings);
  if (dataset === null) return findings;
  await proveSplits(audit, task.artifact('splits'), dataset, findings);
  await provePhotos(audit, dataset, findings);
  return findings;
}

async function proveSplits(
  audit: Audit,
  splits: Parameters<typeof proveFile>[1],
  dataset: DatasetIndex,
  findings: Findings,
): Promise<void> {
  if (!(await proveFile(audit, splits, findings))) return;
  const { datasetHash } = await readSplits(join(audit.root, splits.path), splits.path);
  if (datasetHash === null) findings.evidence.push(`${splits.path} names no set: it is locked by the run's ledger`);
  else if (datasetHash === dataset.hash) findings.evidence.push(`${splits.path} is locked to dataset ${dataset.hash}`);
  else findings.missing.push(`${splits.path} is locked to another dataset, ${datasetHash}: lock it with emo-aen splits`);
}

async function provePhotos(audit: Audit, dataset: DatasetIndex, findings: Findings): Promise<void> {
  const root = resolve(audit.root, dataset.root);
  const faults: string[] = [];
  const compared: AsyncIterable<string[]> = Readable.from(dataset.photos).map((photo: Photo) => faultsOfPhoto(root, photo), {
    concurrency: IN_FLIGHT,
  });
  let done = 0;
  for await (const found of compared) {
    audit.signal.throwIfAborted();
    faults.push(...found);
    audit.onPhoto(++done, dataset.photos.length);
  }
  const known = new Set(dataset.photos.map(({ file }) => file));
  for (const { file } of (await scanPhotos(root)).photos) if (!known.has(file)) faults.push(`${file} was added after the audit`);
  if (faults.length === 0) {
    findings.evidence.push(`${dataset.photos.length} photos in ${dataset.root} hashed again: dataset ${dataset.hash}`);
    if (dataset.synthetic) findings.evidence.push('the pairs are synthetic: made by emo-aen sample');
    return;
  }
  findings.missing.push(...faults.slice(0, NAMED).map((fault) => `${dataset.root}/${visible(fault)}`));
  if (faults.length > NAMED)
    findings.missing.push(`and ${faults.length - NAMED} more photos; restore them, or audit the set again in a new run`);
}

async function faultsOfPhoto(root: string, { file, sha256 }: Photo): Promise<string[]> {
  const found = await hashFile(join(root, file)).catch(() => null);
  if (found === null) return [`${file} is gone or cannot be read`];
  return found.sha256 === sha256 ? [] : [`${file} was altered since the audit: sha256 was ${short(sha256)}, is ${short(found.sha256)}`];
}
