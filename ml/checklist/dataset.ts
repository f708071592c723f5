/** Item 1: dataset validated and splits locked. Every photo is hashed again. */
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { AuditVerdict } from '../../configs/schema/audit.js';
import { DatasetIndex, type Photo } from '../../configs/schema/photos.js';
import { composed, stemOf, visible } from '../images/names.js';
import { scanPhotos, type FoundPhoto } from '../images/scan.js';
import { assignSplits } from '../images/splits.js';
import { readSplits } from '../images/splits-file.js';
import { fileNow, finishedTask, noFindings, proveFile, proveJson, type Audit, type Findings } from './evidence.js';
import { count, short, when } from './words.js';

/** Photos that are named one by one; of more, the number is told. */
const NAMED = 5;
/** Photos that are read at once. */
const IN_FLIGHT = 4;

export async function proveDataset(audit: Audit): Promise<Findings> {
  const findings = noFindings();
  const task = finishedTask(audit, 'audit', findings);
  if (task === null) return findings;
  const report = await proveJson(audit, task.artifact('audit-report'), AuditVerdict, findings);
  if (report !== null && !report.ok) findings.missing.push(`the audit found ${report.errors} errors`);
  const dataset = await proveJson(audit, task.artifact('dataset'), DatasetIndex, findings);
  if (dataset === null) return findings;
  await proveSplits(audit, task.artifact('splits'), dataset, findings);
  await provePhotos(audit, dataset, findings);
  return findings;
}

/** The bytes of the file, and that what it says is what the run trained on: the file's digest in the ledger is only as good as the ledger. */
async function proveSplits(
  audit: Audit,
  splits: Parameters<typeof proveFile>[1],
  dataset: DatasetIndex,
  findings: Findings,
): Promise<void> {
  await proveFile(audit, splits, findings);
  const { assignments, datasetHash, findings: faults } = await readSplits(audit.root, splits.path);
  if (assignments === null) {
    // That it is gone was told.
    for (const { code, message } of faults) if (code !== 'splits-missing') findings.missing.push(`${splits.path}: ${visible(message)}`);
    return;
  }
  const { splitOf } = assignSplits(assignments, foundPhotos(dataset), splits.path);
  const moved = dataset.photos.filter(({ file, split }) => splitOf.get(file) !== split);
  const [first] = moved;
  if (first === undefined)
    findings.evidence.push(`${splits.path} assigns all ${count(dataset.photos.length, 'photo')} as the run used them`);
  else {
    const now = splitOf.get(first.file) ?? 'no split';
    findings.missing.push(
      `${splits.path} moves ${count(moved.length, 'photo')}: ${visible(first.file)} was in ${first.split}, is in ${now}${moved.length > 1 ? ', and others' : ''}`,
    );
  }
  if (datasetHash === null) findings.evidence.push(`${splits.path} names no set: it is locked by the run's ledger`);
  else if (datasetHash === dataset.hash) findings.evidence.push(`${splits.path} is locked to dataset ${dataset.hash}`);
  else
    findings.missing.push(
      `${splits.path} was locked to dataset ${short(dataset.hash)}, is locked to ${short(datasetHash)}: lock it with emo-aen splits`,
    );
}

function foundPhotos({ photos }: DatasetIndex): FoundPhoto[] {
  return photos.map(({ file, folder, label }) => ({ file, path: file, folder, label, stem: stemOf(file) }));
}

async function provePhotos(audit: Audit, dataset: DatasetIndex, findings: Findings): Promise<void> {
  const root = resolve(audit.root, dataset.root);
  const faults: string[] = [];
  // A copy of the set may hold the same names in another form.
  const there = new Map((await scanPhotos(root)).photos.map(({ file, path }) => [composed(file), { file, path }]));
  const compared: AsyncIterable<string[]> = Readable.from(dataset.photos).map(
    (photo: Photo) => faultsOfPhoto(photo, there.get(composed(photo.file))?.path ?? join(root, photo.file)),
    {
      concurrency: IN_FLIGHT,
    },
  );
  let done = 0;
  for await (const found of compared) {
    audit.signal.throwIfAborted();
    faults.push(...found);
    audit.onPhoto(++done, dataset.photos.length);
  }
  for (const { file } of dataset.photos) there.delete(composed(file));
  for (const { file } of there.values()) faults.push(`${file} was added after the audit`);
  if (faults.length === 0) {
    findings.evidence.push(`${count(dataset.photos.length, 'photo')} in ${dataset.root} hashed again: dataset ${dataset.hash}`);
    if (dataset.synthetic) findings.evidence.push('the pairs are synthetic: made by emo-aen sample');
    return;
  }
  findings.missing.push(...faults.slice(0, NAMED).map((fault) => `${dataset.root}/${visible(fault)}`));
  if (faults.length > NAMED)
    findings.missing.push(`and ${count(faults.length - NAMED, 'more photo')}; restore them, or audit the set again in a new run`);
}

async function faultsOfPhoto({ file, sha256 }: Photo, path: string): Promise<string[]> {
  const now = await fileNow(path);
  if (now === null) return [`${file} is gone or cannot be read: its sha256 was ${short(sha256)}`];
  if (now.sha256 === sha256) return [];
  return [`${file} was altered after the audit: its sha256 was ${short(sha256)}; it is ${short(now.sha256)} since ${when(now.changed)}`];
}
